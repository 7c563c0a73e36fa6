# SPDX-License-Identifier: GPL-2.0-only
"""The virtual machine laboratory behind scripts/vm: lab.py is the way in for other scripts."""
