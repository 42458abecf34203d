"""What this machine is called on the farm."""

import socket


def host_name() -> str:
    """The short name of the machine."""
    return socket.gethostname().partition(".")[0] or "localhost"
