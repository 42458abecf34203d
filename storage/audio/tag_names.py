"""Which tags of a recording are about what is heard in it, and which only about how its file was made."""

#: Tags of encoders and containers, of files rather than sound; those about loudness are of a sound that is no more.
_OF_FILES = frozenset({
    "encoder", "encoded_by", "encoding_tool", "encoder_options", "encodersettings", "encoder_settings", "encoding",
    "encoding_params", "encoded_date", "tagged_date", "software", "tool", "tsse", "tenc", "tlen", "tflt", "tden",
    "tdtg", "length", "duration", "bps", "bitrate", "major_brand", "minor_version", "compatible_brands",
    "creation_time", "handler_name", "vendor_id", "vendor", "waveformatextensible_channel_mask", "itunsmpb",
    "itunnorm", "itunpgap", "gapless_playback", "id3v2_priv", "metadata_block_picture", "coverart", "coverartmime",
    "cuesheet", "accurateripdiscid", "md5", "language-eng", "totalframes", "umid_source", "timecode_source",
})  # fmt: skip
_BEGINNINGS = (
    "_statistics", "number_of_", "bps-", "duration-", "replaygain_", "r128_", "id3v2_priv.", "encoder-", "source_id",
    "com.android.", "itun", "loudness", "max_true_peak", "max_momentary", "max_shortterm",
)  # fmt: skip
#: What records hold of every recording, and encoders write by themselves.
ALWAYS = frozenset({"title", "artist"})


def is_carried(name: str) -> bool:
    """Whether a result takes over a tag of this name."""
    lower = name.lower()
    return lower not in _OF_FILES and not lower.startswith(_BEGINNINGS)


def is_extra(name: str) -> bool:
    """Whether it is one that only a second look into the recording finds."""
    return is_carried(name) and name.lower() not in ALWAYS
