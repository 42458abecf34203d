"""Numbers that voices were trained with: facts of RVC, the same on every framework."""

#: Slope of every leaky ReLU but the generator's last, where it is PyTorch's default.
SLOPE, LAST_SLOPE = 0.1, 0.01

#: How far noise carries a latent frame from its mean, as voices are always converted.
NOISE_SHARE = 0.66666

#: The loudness of the source's sine, of the noise beside it, and of the noise where nothing is voiced.
SINE = 0.1
VOICED_NOISE = 0.003
UNVOICED_NOISE = SINE / 3.0

#: Neighbours that retrieval mixes.
NEIGHBOURS = 8

#: Samples that the generator's last convolution hears to either side.
LAST_MARGIN = 3
