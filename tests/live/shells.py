# SPDX-License-Identifier: GPL-2.0-or-later
"""What real shells offer for the start of a command line, with the completions of the sources."""

import os
import pathlib
import pty
import select
import shlex
import shutil
import signal

from harness import HANG_SECONDS, SOURCE, Skip, expect, expect_equal, program, run, scratch

COMPLETIONS = SOURCE / "completions"


def environment(home):
    """numaprobe on the PATH, and nothing of the user's own set-up."""
    found = os.path.dirname(program("numaprobe"))
    return {"PATH": f"{found}:{os.environ['PATH']}", "HOME": str(home), "ZDOTDIR": str(home), "TERM": "dumb",
            "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home), "LC_ALL": "C.UTF-8"}


def need_shell(name):
    if not shutil.which(name):
        raise Skip(f"needs {name}")


def run_shell(name, script):
    with scratch() as home:
        done = run("-c", script, command=[name], env=environment(home))
    expect_equal(f"{name}: status and standard error", (done.returncode, done.stderr), (0, ""))
    return done.stdout.splitlines()


def bash(*words):
    """The last word is what the cursor is behind. bash makes words of "=" and ":" before it asks."""
    need_shell("bash")
    listed = " ".join(shlex.quote(word) for word in ("numaprobe", *words))
    return run_shell("bash", f"compopt() {{ :; }}; . {shlex.quote(str(COMPLETIONS / 'numaprobe.bash'))}; "
                             f"COMP_WORDS=({listed}); COMP_CWORD={len(words)}; _numaprobe numaprobe; "
                             'printf "%s\\n" "${COMPREPLY[@]}"')


def fish(line):
    need_shell("fish")
    offered = run_shell("fish", f"source {shlex.quote(str(COMPLETIONS / 'numaprobe.fish'))}; "
                                f"complete -C {shlex.quote('numaprobe ' + line)}")
    return [entry.split("\t")[0] for entry in offered]


# Completion works in an interactive shell alone; Tab writes what was offered to a file, and ends the shell.
ZSHRC = """
fpath=({folder} $fpath)
autoload -Uz compinit && compinit -u -D
offered=()
compadd() {{
	local -a hits
	[[ " $* " == *" -"[OAD]" "* ]] || builtin compadd -A hits "$@"
	offered+=("${{hits[@]}}")
	builtin compadd "$@"
}}
capture() {{
	_main_complete
	print -rl -- "${{offered[@]}}" >{result}.new && mv {result}.new {result}
	exit
}}
zle -C capture complete-word capture
bindkey '^I' capture
PROMPT='ready> '
"""


def read_until(terminal, condition):
    """What the terminal shows until the condition holds of it, or its other end is closed."""
    shown = b""
    while not condition(shown):
        expect(select.select([terminal], [], [], HANG_SECONDS)[0], f"zsh does not go on after {shown!r}")
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # EIO: the other end was closed
            break
        if not piece:
            break
        shown += piece
    return shown


def zsh(line):
    need_shell("zsh")
    with scratch() as home:
        result = home / "result"
        (home / ".zshrc").write_text(ZSHRC.format(folder=shlex.quote(str(COMPLETIONS)), result=result),
                                     encoding="utf-8")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("zsh", ["zsh", "-i"], environment(home))
        try:
            read_until(terminal, lambda shown: b"ready> " in shown)
            os.write(terminal, f"numaprobe {line}\t".encode())
            shown = read_until(terminal, lambda shown: result.exists())
            expect(result.exists(), f"zsh offered nothing for '{line}': {shown!r}")
            return pathlib.Path(result).read_text(encoding="utf-8").split()
        finally:
            os.kill(pid, signal.SIGKILL)
            os.close(terminal)
            os.waitpid(pid, 0)
