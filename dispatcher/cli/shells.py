"""How shells are asked what to complete, where click leaves something out: `--voice=br`, and `--set NAME=`."""

from collections.abc import Iterable
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

#: What is in click's scripts, and what is to be there: `NAME=` goes on, so no blank comes after it; and what is said of
#: a value may have commas, at the first of which it would end for fish.
_BASH = ("    return 0\n", '    [[ "${COMPREPLY[*]}" == *= ]] && compopt -o nospace\n    return 0\n')
_ZSH = (
    "        compadd -U -V unsorted -a completions\n",
    """\
        if [[ "${completions[-1]}" == *= ]]; then
            compadd -U -S '' -V unsorted -a completions
        else
            compadd -U -V unsorted -a completions
        fi
""",
)
_FISH = ('string split ","', 'string split --max 1 ","')


def joined(words: Iterable[str]) -> list[str]:
    """Words of which some stood on both sides of an equals sign, as bash has them, in one again."""
    whole: list[str] = []
    goes_on = False
    for word in words:
        if (word == "=" or goes_on) and whole:
            whole[-1] += word
        else:
            whole.append(word)
        goes_on = word == "="
    return whole


class _Whole(ShellComplete):
    """Shells replace the whole word, so what stands before an option's equals sign goes before each value."""

    ahead = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before, and the one that is not complete."""
        args, incomplete = super().get_completion_args()
        option, equals, _ = incomplete.partition("=")
        self.ahead = option + equals if option.startswith("--") and equals else ""
        return args, incomplete

    def format_completion(self, item: "CompletionItem[Any]") -> str:
        """A value with what stands before it."""
        if item.type == "plain":
            item.value = self.ahead + item.value
        return super().format_completion(item)


class Zsh(_Whole, ZshComplete):
    """For zsh."""

    source_template = ZshComplete.source_template.replace(*_ZSH)


class Fish(_Whole, FishComplete):
    """For fish."""

    source_template = FishComplete.source_template.replace(*_FISH)


class Bash(BashComplete):
    """For bash, which takes an equals sign for a word, and completes only what comes after it."""

    source_template = BashComplete.source_template.replace(*_BASH)
    name_ahead = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before, and the one that is not complete."""
        args, incomplete = super().get_completion_args()
        is_after = incomplete == "=" or (bool(args) and args[-1] == "=")
        *args, incomplete = joined([*args, incomplete])
        name = incomplete.partition("=")[0]
        self.name_ahead = f"{name}=" if is_after and not name.startswith("--") else ""
        return args, incomplete

    def format_completion(self, item: "CompletionItem[Any]") -> str:
        """A value, or what of it comes after the equals sign."""
        item.value = item.value.removeprefix(self.name_ahead)
        return super().format_completion(item)


def use_our_shells() -> None:
    """Let click use these."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
