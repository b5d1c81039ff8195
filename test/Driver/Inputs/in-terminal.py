"""Runs a command with a terminal as its output and prints what arrives there,
escape characters as \\e: in-terminal.py COMMAND..."""

import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:  # the other end has been closed
        break
    if not part:
        break
    text += part
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(text.decode().replace("\x1b", "\\e").replace("\r", ""), end="")
sys.exit(status)
