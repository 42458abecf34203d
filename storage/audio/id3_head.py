"""The ten bytes that an ID3 tag begins with."""

#: Bytes of the head; what it says of the tag's length does not count them.
HEAD = 10


def content_bytes(head: bytes) -> int | None:
    """Bytes of the tag behind this head, in four bytes of seven bits each; None where no tag begins."""
    if head[:3] != b"ID3" or len(head) < HEAD:
        return None
    return sum((byte & 0x7F) << shift for byte, shift in zip(head[6:HEAD], (21, 14, 7, 0), strict=True))
