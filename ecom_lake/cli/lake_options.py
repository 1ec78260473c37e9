"""The options that every command has: --root, --shop and --project; and the types of common flags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.errors import UsageError, UserError
from ecom_lake.user_path import file_above

if TYPE_CHECKING:
    from ecom_lake.engine.build.landing_site import LandingSite
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.config import Settings


@dataclass(frozen=True)
class LakeOptions:
    root: str | None
    shop: str | None
    """None for the first shop of lake.toml."""
    project: str | None = None

    def settings(self) -> Settings:
        from ecom_lake.settings import load

        try:
            settings = load(self.root, project=self.project)
            settings.shop(self.shop or settings.default_shop)
        except UserError as error:
            raise UsageError(str(error)) from None
        return settings

    def _settings_of_lake(self) -> Settings:
        """The settings, if a lake may be at their root."""
        settings = self.settings()
        if "://" not in settings.root and (file := file_above(Path(settings.root))):
            raise UsageError(
                f"The root of the lake is {settings.root}, and {file} is a file: name a folder with --root, ECOM_LAKE_ROOT or "
                "root in lake.toml."
            )
        return settings

    def site(self) -> Site:
        from ecom_lake.engine.build.shop_context import open_site

        settings = self._settings_of_lake()
        return open_site(settings, self.shop or settings.default_shop)

    def landing_site(self) -> LandingSite:
        """For commands that only land files: nothing of how tables are made is read."""
        from ecom_lake.engine.build.landing_site import open_landing_site

        settings = self._settings_of_lake()
        return open_landing_site(settings, self.shop or settings.default_shop)

    def command(self, arguments: str) -> str:
        """The full command line of another command for the same lake and shop."""
        root = f" --root {quote(self.root)}" if self.root else ""
        shop = f" --shop {self.shop}" if self.shop else ""
        project = f" --project {quote(self.project)}" if self.project else ""
        return f"ecom-lake {arguments}{shop}{root}{project}"


Options = Annotated[LakeOptions, Parameter(parse=False)]
"""The type of a command's parameter that receives the options; `cli._launch` fills it in."""
AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
