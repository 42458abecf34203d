"""Numbers that voices were trained with: facts about RVC, the same for every framework."""

#: Slope of every leaky ReLU, and that of the generator's last one, which has PyTorch's default.
SLOPE, LAST_SLOPE = 0.1, 0.01

#: How far noise moves a latent frame from its mean; RVC always converts with this value.
NOISE_SHARE = 0.66666

#: Loudness of the source's sine, of the noise added to it, and of the noise where nothing is voiced.
SINE = 0.1
VOICED_NOISE = 0.003
UNVOICED_NOISE = SINE / 3.0

#: Number of neighbours that retrieval mixes.
NEIGHBOURS = 8

#: Samples that the generator's last convolution hears to either side.
LAST_MARGIN = 3
