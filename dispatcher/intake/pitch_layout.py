"""Files of the pitch net RMVPE: its tensors bare, or under the word model as its training writes them."""

from collections.abc import Mapping

from dispatcher.intake.stored import Stored

#: A tensor that only this net has.
MARK = "unet.encoder.bn.weight"
#: Counters of batches seen in training.
_COUNTER = ".num_batches_tracked"


def pitch_tensors(tensors: Mapping[str, Stored]) -> dict[str, Stored]:
    """The tensors that the net works with."""
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(_COUNTER)}
