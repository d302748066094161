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
        """Build unless this is an editable install, which set-up serves, or an unpacked source archive."""
        packs_files = version != "editable"
        is_unpacked_archive = Path(self.root, "PKG-INFO").is_file()
        if packs_files and not is_unpacked_archive:
            sys.path.insert(0, self.root)
            from scripts.prepare import page

            page.build()
        if packs_files and not Path(self.root, "src/claudios/server/web/page/index.html").is_file():
            raise FileNotFoundError("the built page is missing from this source tree")
