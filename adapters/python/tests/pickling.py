from __future__ import annotations

import pickle
from typing import Any


class PickleSerializer:
    def dumps(self, value: Any) -> bytes:
        return pickle.dumps(value)

    def loads(self, data: bytes) -> Any:
        return pickle.loads(data)
