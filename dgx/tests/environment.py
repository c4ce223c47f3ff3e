"""Which environment variables DGX reads, found in its source."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def settings_variables() -> set[str]:
    """Names that `dgx/settings.py` hands to `env(…)`, `env.<type>(…)` or `_required(…)`."""
    tree = ast.parse((ROOT / "dgx" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _reads(node.func)]
    names = [call.args[0] for call in calls if call.args]
    return {name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)}


def procfile_variables() -> set[str]:
    """Names that the Procfile's commands fill in."""
    return set(re.findall(r"\$\{(\w+)", (ROOT / "Procfile").read_text()))


def _reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "env"
    return isinstance(function, ast.Name) and function.id in {"env", "_required"}
