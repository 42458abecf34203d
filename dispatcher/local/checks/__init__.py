from dispatcher.local.checks.examining import examine
from dispatcher.local.finding import Finding

__all__ = ["Finding", "examine"]
