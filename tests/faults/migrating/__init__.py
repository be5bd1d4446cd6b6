"""An app whose one migration changes a table that savers use."""
