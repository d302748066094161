"""Put the built page into every wheel and source archive, building it where it is missing or old."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Build the page before packing; a source archive carries it already and needs no Node.js."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build from web/ in a checkout; an unpacked source archive (it has PKG-INFO) and the images bring the page."""
        root = Path(self.root)
        if version == "editable":
            return  # set-up builds the page itself
        if (root / "web").is_dir() and not (root / "PKG-INFO").is_file():
            sys.path.insert(0, self.root)
            from scripts.prepare import page

            page.build()
        if not (root / "src/claudios/server/web/page/index.html").is_file():
            raise FileNotFoundError("the built page is missing from this source tree")
