"""`claudios completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from claudios.cli.help import Command

HOW = """\
Print the completion script of SHELL. To have it in every shell:

\b
  bash  claudios completion bash > ~/.local/share/bash-completion/completions/claudios
  zsh   claudios completion zsh > "${fpath[1]}/_claudios"
  fish  claudios completion fish > ~/.config/fish/completions/claudios.fish
"""


@click.command(cls=Command, help=HOW)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    from claudios.cli.app import root

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root, {}, "claudios", "_CLAUDIOS_COMPLETE").source())
