from dispatcher.farm.checks.examining import examine
from dispatcher.farm.finding import Finding

__all__ = ["Finding", "examine"]
