"""What several modules of the domain share that belongs to none of its subjects."""
