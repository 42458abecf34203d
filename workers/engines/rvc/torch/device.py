"""What torch knows of this machine's NVIDIA device."""


def cuda_device() -> tuple[str, int] | None:
    """Name and memory in bytes of the first CUDA device, or None where torch sees none."""
    try:
        import torch
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    properties = torch.cuda.get_device_properties(0)
    return str(properties.name), int(properties.total_memory)
