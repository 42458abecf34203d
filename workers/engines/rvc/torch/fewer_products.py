"""Wide convolutions with half the products, for processors, which are limited by arithmetic and not by memory."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.toom_cook import Matrix, toom_cook
from workers.engines.rvc.torch.convolution import fuses

#: Output values of one tile. More would save more products but round worse.
OUTPUTS = 4
#: Channels times taps from which the products saved are worth the extra sums; measured at the generator's widths.
PAYS_FROM = 700
#: Values (2 MB) that are worked on at a time, so that intermediate results stay in the processor's caches.
AT_A_TIME = 1 << 19


def pays(weight: Tensor) -> bool:
    """Whether a convolution with such weights becomes quicker; in half precision it would be too inexact."""
    return weight.dtype == torch.float32 and fuses(weight) and weight.shape[1] * weight.shape[2] >= PAYS_FROM


class FewerProducts(nn.Module):
    """A convolution of `[batch, time, channels]` with the results of `Convolution`, except for the last digit or two.

    Time is cut into tiles of `OUTPUTS` values, which are `dilation` apart. If there are more taps than a tile has
    values, they span several tiles, whose products are summed before they are gathered: a convolution over tiles.
    """

    spread: Tensor
    gather: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int = 1) -> None:
        super().__init__()
        self.width, into, self.taps = weight.shape
        self.dilation = dilation
        self.spans = -(-self.taps // OUTPUTS)
        method = toom_cook(OUTPUTS, min(self.taps, OUTPUTS))
        self.points = len(method.spread)
        self.tiles = max(AT_A_TIME // (into * OUTPUTS * dilation), 1)
        self.register_buffer("spread", torch.from_numpy(method.spread).float(), persistent=False)
        self.register_buffer("gather", torch.from_numpy(method.gather).float(), persistent=False)
        self.register_buffer("weight", self._laid_out(_weighed(weight, method.weigh, self.spans)), persistent=False)
        # The bias is added at a point whose product is added unchanged to every output value.
        added = torch.zeros(self.points, self.width)
        added[next(n for n, column in enumerate(method.gather.T) if (column == 1.0).all())] = bias
        self.register_buffer("bias", added.flatten(), persistent=False)

    def forward(self, x: Tensor, slope: float | None = None, before: float | None = None) -> Tensor:
        """The convolution, with a leaky ReLU after it and before it for the slopes that are given."""
        y, stretches = self._room(x)
        for row, first, last in stretches:
            self._convolve(x[row], y[row], first, last, before)
            if slope is not None:
                F.leaky_relu_(y[row, first:last], slope)
        return y[:, : x.shape[1]]

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """The convolution of `x`, plus `other`."""
        y, stretches = self._room(x)
        for row, first, last in stretches:
            self._convolve(x[row], y[row], first, last)
            y[row, first : min(last, x.shape[1])] += other[row, first:last]
        return y[:, : x.shape[1]]

    def _room(self, x: Tensor) -> tuple[Tensor, list[tuple[int, int, int]]]:
        """Space for the result, in whole tiles, and the stretches of it that are worked on at a time."""
        unit = OUTPUTS * self.dilation
        length = -(-x.shape[1] // unit) * unit
        stretches = [
            (row, first, min(first + self.tiles * unit, length))
            for row in range(len(x))
            for first in range(0, length, self.tiles * unit)
        ]
        return x.new_empty(len(x), length, self.width), stretches

    def _convolve(self, x: Tensor, y: Tensor, first: int, last: int, before: float | None = None) -> None:
        """Fill the values `first..last` of one row."""
        d, tiles = self.dilation, (last - first) // (OUTPUTS * self.dilation)
        seen, start = tiles + self.spans - 1, first - self.taps // 2 * d
        inputs = _stretch(x, start, start + ((seen - 1) * OUTPUTS + self.points) * d)
        spread = self._spread(inputs if before is None else F.leaky_relu(inputs, before), seen)
        products = self._products(spread).flatten(0, 1)
        outputs = y[first:last].view(tiles, OUTPUTS, d, self.width)
        gather = self.gather.expand(d * tiles, -1, -1)
        if d == 1:
            torch.bmm(gather, products, out=outputs[:, :, 0])
        else:
            outputs.copy_(torch.bmm(gather, products).unflatten(0, (d, tiles)).permute(1, 2, 0, 3))

    def _spread(self, inputs: Tensor, tiles: int) -> Tensor:
        """The inputs of these tiles, evaluated at every point: `[dilation, tiles, points, channels]`."""
        d, channels = self.dilation, inputs.shape[1]
        spread = inputs.new_empty(d, tiles, self.points, channels)
        for phase in range(d):
            # Tiles overlap, so they are views and not copies.
            some = inputs[phase:].as_strided(spread.shape[1:], (OUTPUTS * d * channels, d * channels, 1))
            torch.bmm(self.spread.expand(tiles, -1, -1), some, out=spread[phase])
        return spread

    def _products(self, spread: Tensor) -> Tensor:
        """A convolution over tiles at every point, all in one call."""
        y = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001 - see Convolution
            spread.flatten(2).permute(2, 0, 1)[None], self.weight, self.bias, [0, 0], [1, 1], [1, 1], self.points,
            "none", [], "",
        )  # fmt: skip
        return y[0].permute(1, 2, 0).unflatten(2, (self.points, self.width))

    def _laid_out(self, weighed: Tensor) -> Tensor:
        typical = [1, self.points * weighed.shape[1], self.dilation, self.tiles + self.spans - 1]
        laid: Tensor = torch.ops.mkldnn._reorder_convolution_weight(  # noqa: SLF001
            weighed, [0, 0], [1, 1], [1, 1], self.points, typical
        )
        return laid


def _weighed(weight: Tensor, weigh: Matrix, spans: int) -> Tensor:
    """The weights evaluated at every point, one after the other, as images of height one."""
    taps = weigh.shape[1]
    whole = F.pad(weight.double(), (0, spans * taps - weight.shape[2])).unflatten(2, (spans, taps))
    weighed = torch.einsum("pt,oist->pois", torch.from_numpy(weigh), whole)
    return weighed.flatten(0, 1)[:, :, None].float().contiguous(memory_format=torch.channels_last)


def _stretch(x: Tensor, first: int, last: int) -> Tensor:
    """Values `first..last` of one row with its channels together, with zeros beyond its ends."""
    held = x[max(first, 0) : max(min(last, len(x)), 0)]
    before, after = max(-first, 0), max(last - len(x), 0)
    return F.pad(held, (0, 0, before, after)) if before or after else held.contiguous()
