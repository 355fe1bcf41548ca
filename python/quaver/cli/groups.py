"""Groups of commands, and the end of their help."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from quaver.cli.errors import errors_told


class Commands(TyperGroup):
    """Turns errors of the user's input into one line and exit code 1, unless debugging."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with errors_told(debug=ctx.params.get("debug", False)):
            return super().invoke(ctx)


class WithDefault(TyperGroup):
    """Takes the first of its commands if none is named, so that its arguments can stand alone."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named first, or the default with all arguments."""
        if args and args[0] not in self.commands:
            args = [next(iter(self.commands)), *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Leave options before the first argument to the default command, but --help."""
        if args and args[0].startswith("-") and args[0] not in ("--help", "-h"):
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def examples(*commands: str) -> str:
    """Return the end of a help text; blank lines keep the commands on lines of their own."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"  $ {command}" for command in commands)])
