"""Détente: one accord, one queue, one plan, one gateway, one scorecard for the CIO and the CISO."""

__version__ = "0.1.0"
