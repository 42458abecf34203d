"""The names that honest model files use. None of them is ever looked up; any other name refuses the file."""

from dispatcher.intake.pickle_values import Named
from storage.errors import InputError

# Lists of words, for there are too many to write one a line.
_NUMPY = (
    "scalar _reconstruct _frombuffer dtype ndarray bool_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16"
    " uint32 uint64"
)
_STORAGES = "Double Float Half BFloat16 Long Int Short Char Byte Bool ComplexFloat ComplexDouble"
_TYPES = (
    "float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool complex64"
    " complex128"
)
_PYTHON = "set frozenset list tuple dict int float str bytes bytearray complex bool slice range object"

_REBUILDING = frozenset(
    f"_rebuild_{what}" for what in ("tensor", "tensor_v2", "tensor_v3", "parameter", "parameter_with_state")
)
_NUMPY_NAMES = frozenset(_NUMPY.split())
_TORCH_STORAGES = frozenset(f"{kind}Storage" for kind in _STORAGES.split())
_TORCH_TYPES = frozenset(_TYPES.split())
_BUILTINS = frozenset(_PYTHON.split())
_KNOWN: dict[str, frozenset[str]] = {
    "builtins": _BUILTINS,
    "__builtin__": _BUILTINS | {"long", "unicode"},
    "collections": frozenset({"OrderedDict", "defaultdict", "Counter", "deque"}),
    "_codecs": frozenset({"encode"}),
    "copyreg": frozenset({"_reconstructor"}),
    "copy_reg": frozenset({"_reconstructor"}),
    "argparse": frozenset({"Namespace"}),
    "types": frozenset({"SimpleNamespace"}),
    "datetime": frozenset({"datetime", "date", "time", "timedelta", "timezone"}),
    "numpy": _NUMPY_NAMES,
    "numpy.core.multiarray": _NUMPY_NAMES,
    "numpy._core.multiarray": _NUMPY_NAMES,
    "numpy.core.numeric": _NUMPY_NAMES,
    "numpy._core.numeric": _NUMPY_NAMES,
    "torch": _TORCH_STORAGES | _TORCH_TYPES | {"Size", "device", "Tensor", "strided"},
    "torch.cuda": _TORCH_STORAGES,
    "torch.storage": frozenset({"UntypedStorage", "_UntypedStorage", "TypedStorage", "_TypedStorage"}),
    "torch.serialization": frozenset({"_get_layout"}),
    "torch.nn.parameter": frozenset({"Parameter"}),
    "torch.torch_version": frozenset({"TorchVersion"}),
    "torch._tensor": frozenset({"_rebuild_from_type_v2"}),
    "torch._utils": _REBUILDING,
}
#: Packages whose classes training programs put beside the weights: settings, dictionaries of words, paths.
_CLASSES_OF = ("fairseq", "omegaconf", "pathlib", "typing", "numpy.dtypes")
#: Settings of training programs are of a class of this name, in a module that every program calls otherwise.
_SETTINGS = "HParams"


def named(module: str, name: str) -> Named:
    """The name as an inert thing, or the refusal of the file."""
    if name in _KNOWN.get(module, ()) or name == _SETTINGS or _is_class(module, name):
        return Named(module, name)
    raise InputError(
        f"it asks for {Named(module, name)}, which no model needs and which could run code when the file is loaded the"
        " usual way; nothing was run; get the model from somebody you trust"
    )


def _is_class(module: str, name: str) -> bool:
    # A name with a dot would walk out of its module into another.
    inside = any(module == package or module.startswith(f"{package}.") for package in _CLASSES_OF)
    return inside and name.isidentifier() and name[:1].isupper()
