# SPDX-License-Identifier: GPL-2.0-only
"""The same iopath on every kernel: what scripts/matrix and scripts/refresh-facts are made of."""
