"""Broadcast WAV files as recorders on film sets write them, with every chunk that is carried over."""

import struct

RATE = 48_000
#: Samples since midnight at which it begins: more than 32 bits hold, as at high rates and in the evening.
MOMENT = (1 << 32) + 123_456
DESCRIPTION, ORIGINATOR, REFERENCE = "Scene 12 take 3, roof", "Recorder 8", "CHREC00012345678901234567"
DATE, TIME = "2026-11-28", "22:00:02"
UMID = bytes(range(64))
HISTORY = "A=PCM,F=48000,W=24,M=stereo,T=Recorder 8\r\n"
#: Where its markers are, what they are called, and how long the second lasts.
MARKS = ((12_000, "Clap"), (36_001, "Größe"))
STRETCH = 6_000
#: Timers of a playout system, the last of which is not in use, and loops of a sampler.
TIMERS = ((b"AUDs", 0), (b"SEG1", 24_001), (b"EOD ", 48_000), (bytes(4), 99))
LOOPS = ((0, 47_999), (12_001, 24_000))
LISTED = {"INAM": "Roof", "IART": "Ada", "IPRD": "The film", "ICMT": "wild track", "ISFT": "Recorder 1.0"}


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def bext(moment: int = MOMENT, version: int = 2) -> bytes:
    texts = [text.encode() for text in (DESCRIPTION, ORIGINATOR, REFERENCE, DATE, TIME)]
    loudness = struct.pack("<5h", -2300, 700, -100, -1500, -1800)
    head = struct.pack(
        "<256s32s32s10s8sIIH64s10s180s", *texts, moment & 0xFFFF_FFFF, moment >> 32, version, UMID, loudness, b""
    )
    return head + HISTORY.encode()


def ixml(moment: int = MOMENT, tracks: int = 2) -> bytes:
    low, high = moment & 0xFFFF_FFFF, moment >> 32
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<BWFXML><PROJECT>Größe &amp; Co</PROJECT><SCENE>12</SCENE><TAKE>3</TAKE>
<SPEED><FILE_SAMPLE_RATE>48000</FILE_SAMPLE_RATE><AUDIO_BIT_DEPTH>24</AUDIO_BIT_DEPTH>
<DIGITIZER_SAMPLE_RATE>48000</DIGITIZER_SAMPLE_RATE>
<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>{high}</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>
<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>{low}</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>
<TIMESTAMP_SAMPLE_RATE>48000</TIMESTAMP_SAMPLE_RATE><TIMECODE_RATE>25/1</TIMECODE_RATE></SPEED>
<TRACK_LIST><TRACK_COUNT>{tracks}</TRACK_COUNT><TRACK><NAME>Boom</NAME></TRACK></TRACK_LIST>
<LOUDNESS><LOUDNESS_VALUE>-23</LOUDNESS_VALUE></LOUDNESS>
<BEXT><BWF_TIME_REFERENCE_LOW>{low}</BWF_TIME_REFERENCE_LOW>
<BWF_TIME_REFERENCE_HIGH>{high}</BWF_TIME_REFERENCE_HIGH></BEXT></BWFXML>""".encode()


def cue(marks: tuple[tuple[int, str], ...] = MARKS) -> bytes:
    points = [struct.pack("<II4sIII", number, at, b"data", 0, 0, at) for number, (at, _) in enumerate(marks, 1)]
    return struct.pack("<I", len(points)) + b"".join(points)


def adtl(marks: tuple[tuple[int, str], ...] = MARKS) -> bytes:
    names = [
        chunk(b"labl", struct.pack("<I", number) + name.encode() + b"\0") for number, (_, name) in enumerate(marks, 1)
    ]
    note = chunk(b"note", struct.pack("<I", 1) + b"a note\0")
    stretch = chunk(b"ltxt", struct.pack("<II4s", 2, STRETCH, b"rgn ") + bytes(8))
    return b"adtl" + b"".join(names) + note + stretch


def info(listed: dict[str, str] = LISTED) -> bytes:
    return b"INFO" + b"".join(chunk(name.encode(), text.encode() + b"\0") for name, text in listed.items())


def cart(timers: tuple[tuple[bytes, int], ...] = TIMERS) -> bytes:
    texts = b"0101" + b"".join(text.encode().ljust(64, b"\0") for text in ("Roof", "Ada", "1234", "", "PSA", "", "out"))
    dates = b"2026-11-2800:00:002026-12-3123:59:59" + bytes(3 * 64) + struct.pack("<i", 32_768)
    due = b"".join(struct.pack("<4sI", usage, sample) for usage, sample in timers)
    return texts + dates + due.ljust(64, b"\0") + bytes(276) + b"http://localhost/".ljust(1024, b"\0") + b"tags\r\n"


def smpl(loops: tuple[tuple[int, int], ...] = LOOPS, own: bytes = b"own") -> bytes:
    head = struct.pack("<9I", 1, 2, 20_833, 60, 7, 25, 0x01020304, len(loops), len(own))
    return head + b"".join(struct.pack("<6I", n, 0, first, last, 0, 3) for n, (first, last) in enumerate(loops)) + own


def broadcast(seconds: float = 1.0, *, rf64: bool = False, behind: bytes = b"", **chunks: bytes) -> bytes:
    """A stereo file of 24 bits; `bext`, `ixml`, `cue`, `adtl` and `info` are its chunks unless others are given."""
    frames = round(seconds * RATE)
    step = struct.pack("<i", 1 << 20)[:3] * 2
    data = step * frames
    ours = {"bext": bext(), "ixml": ixml(), "cue": cue(), "adtl": adtl(), "info": info(), **chunks}
    before = chunk(b"bext", ours["bext"]) + chunk(b"iXML", ours["ixml"])
    before += chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, RATE * 6, 6, 24)) + chunk(b"LIST", ours["info"])
    after = chunk(b"cue ", ours["cue"]) + chunk(b"LIST", ours["adtl"]) + behind
    if rf64:
        sizes = struct.pack("<QQQI", 0, len(data), frames, 0)
        body = b"WAVE" + chunk(b"ds64", sizes) + before + b"data\xff\xff\xff\xff" + data + after
        return b"RF64\xff\xff\xff\xff" + body
    body = b"WAVE" + before + chunk(b"data", data) + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunks_of(content: bytes) -> dict[bytes, bytes]:
    """The chunks of a small file by their names; lists by what is in them."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == b"data" and size == 0xFFFF_FFFF:
            size = int.from_bytes(found[b"ds64"][8:16], "little")
        body = content[at + 8 : at + 8 + size]
        found[body[:4] if kind == b"LIST" else kind] = body
        at += 8 + size + size % 2
    assert at == len(content), "the chunks do not fill the file"
    return found
