"""Plain values as JSON columns hold them."""

from typing import Any


def json_ready(value: Any) -> Any:  # noqa: ANN401 - any plain value
    """A plain value with dates as ISO text, for JSON columns."""
    if isinstance(value, dict):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_ready(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
