"""The classic examples, as a user of plain PyTorch writes them.

A DataLoader, eager float32, the customary losses, widths and rates: what the models of
latentia are measured against.
"""
