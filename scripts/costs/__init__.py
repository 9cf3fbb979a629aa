"""What attentions cost, measured; and what the tables would take on GPUs, estimated from measured steps."""
