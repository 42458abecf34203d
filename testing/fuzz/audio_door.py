"""Damaged recordings in every container that can be made here, for the reader of sources and the quick look."""

from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from storage.audio.facts import SourceFacts
from storage.audio.read import open_source, probe
from storage.errors import AudioError
from testing.fuzz.damage import damaged
from testing.fuzz.door import Door, Seeds
from testing.fuzz.sums import settled, with_ogg_sums

RATE = 16_000
#: Containers and sample types that libsndfile writes.
_BY_SNDFILE = (
    ("WAV", "PCM_16"), ("WAV", "PCM_U8"), ("WAV", "PCM_24"), ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("WAV", "IMA_ADPCM"),
    ("WAV", "MS_ADPCM"), ("WAV", "GSM610"), ("WAV", "G721_32"), ("WAV", "NMS_ADPCM_24"), ("WAVEX", "FLOAT"),
    ("RF64", "PCM_16"), ("RF64", "FLOAT"), ("W64", "PCM_16"), ("W64", "IMA_ADPCM"),
    ("AIFF", "PCM_16"), ("AIFF", "FLOAT"), ("AIFF", "ALAW"), ("AIFF", "IMA_ADPCM"),
    ("AIFF", "GSM610"), ("AU", "PCM_16"), ("AU", "G721_32"), ("AU", "G723_24"), ("CAF", "PCM_24"), ("CAF", "ALAC_16"),
    ("CAF", "ALAC_24"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
)  # fmt: skip
#: Containers, codecs and rates that FFmpeg writes.
_BY_FFMPEG = (
    ("ipod", "aac", RATE), ("mp4", "alac", RATE), ("mov", "pcm_s16le", RATE), ("mp4", "libmp3lame", RATE),
    ("mp4", "flac", RATE), ("adts", "aac", RATE), ("webm", "libopus", 48_000), ("webm", "vorbis", RATE),
    ("matroska", "aac", RATE), ("matroska", "pcm_s16le", RATE), ("matroska", "flac", RATE), ("mp3", "libmp3lame", RATE),
    ("flac", "flac", RATE), ("ogg", "flac", RATE), ("ogg", "libopus", 48_000), ("wv", "wavpack", RATE),
    ("tta", "tta", RATE), ("ac3", "ac3", 48_000), ("eac3", "eac3", 48_000), ("asf", "wmav2", 44_100),
    ("avi", "pcm_s16le", RATE), ("flv", "aac", 44_100), ("mpegts", "aac", RATE), ("mp2", "mp2", RATE),
    ("caf", "alac", RATE), ("w64", "pcm_s16le", RATE), ("amr", "libopencore_amrnb", 8_000), ("wav", "adpcm_ms", RATE),
    ("wav", "pcm_f32le", RATE), ("aiff", "pcm_s16be", RATE),
)  # fmt: skip
_FRAMES = RATE // 2
#: Without it some containers get random identifiers.
_BITEXACT = {"fflags": "+bitexact"}
#: Containers that libsndfile writes no title into.
_TAGLESS = {"W64", "AU"}
#: A century of frames at the highest rate, and the characters of a long title.
_MOST_FRAMES = 100 * 366 * 86_400 * 192_000
_LONGEST_TAG = 10_000
_TAGS = {"title": "Evening talk", "artist": "Somebody"}


def seeds() -> dict[str, bytes]:
    """One good recording of each kind that the installed libraries can write."""
    made: dict[str, bytes] = {}
    for number, (container, kind) in enumerate(_BY_SNDFILE):
        content = _by_sndfile(container, kind, channels=1 + number % 2)
        if content:
            made[f"sndfile-{container}-{kind}".lower()] = settled(content)
    for container, codec, rate in _BY_FFMPEG:
        content = _by_ffmpeg(container, codec, rate)
        if content:
            made[f"ffmpeg-{container}-{codec}"] = content
    made["webm-vorbis"] = _as_webm(made["sndfile-ogg-vorbis"])
    return made


def make(random: Random, seeds: Seeds) -> bytes:
    """One of them, damaged; Ogg's checksums are mostly corrected, or the code behind them would never be reached."""
    name = random.choice(list(seeds))
    others = list(seeds.values())
    content = damaged(seeds[name], random, others)
    return with_ogg_sums(content) if content.startswith(b"OggS") and random.random() < 0.8 else content


def read(content: bytes, folder: Path) -> int:
    """The number of frames, read once as a complete recording and once allowing a truncated one."""
    path = folder / "talk"
    path.write_bytes(content)
    refused: AudioError | None = None
    frames = 0
    for allow_truncated in (False, True):
        try:
            _check_facts(probe(path, "talk", allow_truncated=allow_truncated))
            frames = _frames(content, allow_truncated=allow_truncated)
        except AudioError as error:
            refused = refused or error
    if refused:
        raise refused
    return frames


def _check_facts(facts: SourceFacts) -> None:
    """Check that the facts fit into columns of SQL: 64 bits at most, and no zeros in a text."""
    assert facts.frames is None or 0 < facts.frames < _MOST_FRAMES, f"it claims {facts.frames} frames"
    for text in (facts.title or "", facts.artist or ""):
        assert "\0" not in text, "a tag contains a zero"
        assert len(text.encode()) < _LONGEST_TAG, f"a tag has {len(text)} characters"


def _frames(content: bytes, *, allow_truncated: bool) -> int:
    with open_source(BytesIO(content), "talk", allow_truncated=allow_truncated) as source:
        frames = 0
        for block in source.blocks():
            assert np.isfinite(block).all(), "a value that is not finite got through"
            frames += len(block)
    assert frames, "nothing was read, and there was no error"
    return frames


def _by_sndfile(container: str, kind: str, channels: int) -> bytes | None:
    import soundfile

    from testing.sounds import encoded, noise

    spoken_by_phone = kind.startswith(("GSM", "G72", "NMS"))
    rate, samples = (8_000, noise(_FRAMES)) if spoken_by_phone else (RATE, noise(_FRAMES, channels))
    try:
        return encoded(samples, rate, container, kind, **({} if container in _TAGLESS else _TAGS))
    except (soundfile.SoundFileError, ValueError):
        return None


def _by_ffmpeg(container: str, codec: str, rate: int) -> bytes | None:
    import av

    try:
        out = BytesIO()
        with av.open(out, "w", format=container, options=_BITEXACT) as target:
            target.metadata.update(_TAGS)
            _encode(target, codec, rate)
        return out.getvalue()
    except (av.error.FFmpegError, ValueError):
        return None


def _as_webm(vorbis: bytes) -> bytes:
    import av

    out = BytesIO()
    with av.open(BytesIO(vorbis)) as source, av.open(out, "w", format="webm", options=_BITEXACT) as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            # The last packet states a negative length, which would become days.
            if packet.dts is not None and 0 < packet.duration < RATE:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def _encode(target: Any, codec: str, rate: int) -> None:
    import av

    from testing.sounds import noise

    samples = noise(_FRAMES)[:, 0]
    stream = target.add_stream(codec, rate=rate, layout="mono")
    stream.bit_rate = 64_000
    stream.codec_context.open()
    size = min(stream.codec_context.frame_size or 1024, len(samples) - 1)
    resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
    for at in range(0, len(samples) - size, size):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + size], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, at
        for converted in resampler.resample(frame):
            target.mux(stream.encode(converted))
    target.mux(stream.encode(None))


DOOR = Door("audio", seeds, make, read)
