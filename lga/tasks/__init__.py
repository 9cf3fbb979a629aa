"""Thin LightningModules: model, loss, metrics, optimizer."""
