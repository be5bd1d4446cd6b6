"""What is measured beside the server of this project: each contender answers the same workloads over the same tables."""
