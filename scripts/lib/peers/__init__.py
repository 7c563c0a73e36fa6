# SPDX-License-Identifier: GPL-2.0-only
"""Which packaged tools still start and print data on a kernel, beside iopath: what scripts/peers-matrix is made of."""
