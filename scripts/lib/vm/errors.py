# SPDX-License-Identifier: GPL-2.0-only
"""What can go wrong, by who has to act. The exit statuses are those of scripts/vm."""


class VmError(Exception):
    """One line for the user; `status` is the exit status it asks for."""

    status = 125


class Refused(VmError):
    """The request makes no sense or lacks something that the user can provide: the line says what to do."""

    status = 2


class Skipped(VmError):
    """The mirror does not have what was asked for: nobody's fault, and named."""

    status = 77


class Failed(VmError):
    """The laboratory itself failed: no network, a guest that died, a tool that broke."""


class Gone(Failed):
    """The mirror's index names a package whose file the mirror has no longer."""


class TimedOut(VmError):
    status = 124
