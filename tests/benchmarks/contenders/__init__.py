"""What is measured beside the server of this project: the same workloads over the same tables."""
