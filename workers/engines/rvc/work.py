"""The arithmetic of a second of audio, by net, counted from the sizes: two operations per multiplication."""

from math import prod

from workers.engines.probe import Work
from workers.engines.rvc.architecture import ANALYSIS_RATE, EncoderSizes, PitchSizes, SynthesizerSizes

#: Frames per second of the content encoder, and of everything after it.
CONTENT_FRAMES, FRAMES = 50, 100
GIGA = 1e9


def encoder_work(sizes: EncoderSizes, layers: int, window: float) -> Work:
    """The content encoder over windows of this many seconds; attention grows with the window."""
    flops, values, rate = 0.0, 0.0, float(ANALYSIS_RATE)
    for n, (kernel, stride) in enumerate(zip(sizes.conv_kernels, sizes.conv_strides, strict=True)):
        rate /= stride
        flops += 2 * (sizes.conv if n else 1) * sizes.conv * kernel * rate
        values += 4 * sizes.conv * rate
    frames = CONTENT_FRAMES
    group = sizes.hidden // sizes.position_groups
    flops += 2 * frames * (sizes.conv * sizes.hidden + sizes.hidden * group * sizes.position_kernel)
    linear = 4 * sizes.hidden**2 + 2 * sizes.hidden * sizes.feed_forward
    attention = 2 * sizes.hidden * frames * window
    flops += 2 * layers * frames * (linear + attention)
    values += layers * frames * (14 * sizes.hidden + 2 * sizes.feed_forward)
    return Work(flops / GIGA, values)


def pitch_work(sizes: PitchSizes) -> Work:
    """The pitch net: three-by-three convolutions over each level's image."""
    flops, values = 0.0, 0.0

    def convolve(into: int, out: int, level: int, kernel: int = 9) -> None:
        nonlocal flops, values
        pixels = FRAMES * sizes.mels / 4**level
        flops += 2 * into * out * kernel * pixels
        values += 2 * out * pixels

    def block(into: int, out: int, level: int) -> None:
        convolve(into, out, level)
        convolve(out, out, level)
        if into != out:
            convolve(into, out, level, 1)

    for level in range(sizes.levels):
        width = sizes.channels * 2**level
        for n in range(sizes.blocks):
            block(width if n else (width // 2 if level else 1), width, level)
        convolve(2 * width, width, level, 0)
        # A transposed convolution of stride two does the work of one over the smaller image.
        flops += 2 * 2 * width * width * 9 * FRAMES * sizes.mels / 4 ** (level + 1)
        for n in range(sizes.blocks):
            block(width if n else 2 * width, width, level)
    wide = sizes.channels * 2**sizes.levels
    for n in range(sizes.middle_layers * sizes.blocks):
        block(wide if n else wide // 2, wide, sizes.levels)
    convolve(sizes.channels, 3, 0)
    gates = 2 * 3 * sizes.gru * (3 * sizes.mels + sizes.gru)
    flops += 2 * FRAMES * (gates + 2 * sizes.gru * sizes.bins)
    return Work(flops / GIGA, values)


def text_encoder_work(sizes: SynthesizerSizes, window: float) -> Work:
    """The text encoder over windows of this many seconds, relative positions only within their band."""
    frames = FRAMES * window
    band = 2 * sizes.reach + 1
    layer = 4 * sizes.hidden**2 + 2 * sizes.kernel * sizes.hidden * sizes.filter
    attention = 2 * sizes.hidden * (frames + band)
    outside = sizes.content * sizes.hidden + 2 * sizes.hidden * sizes.inter
    values = FRAMES * sizes.layers * (10 * sizes.hidden + 2 * sizes.filter + 3 * sizes.heads * frames)
    return Work(2 * FRAMES * (sizes.layers * (layer + attention) + outside) / GIGA, values)


def flow_work(sizes: SynthesizerSizes) -> Work:
    """The flow, without what is computed once per speaker."""
    half, hidden = sizes.inter // 2, sizes.hidden
    gates = sizes.flow_layers * 2 * hidden * hidden * sizes.flow_kernel
    skips = ((sizes.flow_layers - 1) * 2 + 1) * hidden * hidden
    flops = 2 * FRAMES * sizes.flow_steps * (2 * half * hidden + gates + skips)
    return Work(flops / GIGA, FRAMES * sizes.flow_steps * sizes.flow_layers * 8 * hidden)


def generator_work(sizes: SynthesizerSizes) -> Work:
    """The generator, which is three quarters of everything."""
    flops, values = 2.0 * sizes.inter * sizes.initial * 7 * FRAMES, 0.0
    taps = sum(2 * k * len(d) for k, d in zip(sizes.res_kernels, sizes.res_dilations, strict=True))
    convolutions = sum(2 * len(d) for d in sizes.res_dilations)
    for stage, kernel in enumerate(sizes.upsample_kernels):
        rate = FRAMES * prod(sizes.upsample_rates[: stage + 1])
        channels = sizes.channels(stage)
        flops += 2 * channels * (2 * channels) * kernel * rate / sizes.upsample_rates[stage]
        step = prod(sizes.upsample_rates[stage + 1 :])
        flops += 2 * channels * (1 if step == 1 else 2 * step) * rate if sizes.has_pitch else 0
        flops += 2 * channels**2 * taps * rate
        # Every convolution reads and writes its image once; half of them also read the image they are added to.
        values += channels * rate * (2.5 * convolutions + 10)
    return Work(flops / GIGA, values)


def retrieval_work(vectors: int, width: int) -> Work:
    """The retrieval: distances to all vectors of a voice."""
    return Work(2 * vectors * width * CONTENT_FRAMES / GIGA, vectors * CONTENT_FRAMES)


def voice_work(
    sizes: SynthesizerSizes, encoder: EncoderSizes, pitch: PitchSizes, vectors: int, window: float
) -> dict[str, Work]:
    """The work of each stage of a conversion for a second of audio, in windows of so many seconds.

    Context, overlaps and margins are the engine's own cost, and count as time in which nothing is done.
    """
    text, flow = text_encoder_work(sizes, window), flow_work(sizes)
    return {
        "content": encoder_work(encoder, encoder.layers, window),
        "pitch": pitch_work(pitch),
        "retrieval": retrieval_work(vectors, sizes.content),
        "encoder": Work(text.gigaflops + flow.gigaflops, text.values + flow.values),
        "generator": generator_work(sizes),
    }
