"""The stack on this machine: the emulator, a deployment into it, and what was started."""
