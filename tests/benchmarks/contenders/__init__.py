"""Contenders of the benchmark: servers with the same workloads over the same tables."""
