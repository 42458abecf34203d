"""The models that everybody uses: where they are published, and their hashes."""

from types import MappingProxyType

from workers.engines.voice_files import PublicModel

HOST = "https://huggingface.co"


# Hashes: `sha256_hubert_base_pt` and `sha256_rmvpe_pt` in sha256.env at 3856ad5 of
# https://github.com/RVC-Project/Retrieval-based-Voice-Conversion-WebUI; sizes are those of the files with these hashes.
_CONTENTVEC = PublicModel(
    name="contentvec",
    path="lj1995/VoiceConversionWebUI/resolve/main/hubert_base.pt",
    sha256="f54b40fd2802423a5643779c4861af1e9ee9c1564dc9d32f54f20b5ffba7db96",
    bytes=189_507_909,
    about="content encoder of nearly all RVC voices",
)
_RMVPE = PublicModel(
    name="rmvpe",
    path="lj1995/VoiceConversionWebUI/resolve/main/rmvpe.pt",
    sha256="6d62215f4306e3ca278246188607209f09af3dc77ed4232efdd069798c4ec193",
    bytes=181_184_272,
    about="pitch model",
)

PUBLIC_MODELS = MappingProxyType({model.name: model for model in (_CONTENTVEC, _RMVPE)})
