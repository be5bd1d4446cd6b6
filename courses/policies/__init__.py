"""Access rules. Each stands here once, as a predicate over the columns of a query.

A predicate narrows rows (`queryset.filter(rule)`), blanks a field for a whole batch (`queryset.annotate(...)`)
and decides on one object (`queryset.filter(pk=...).filter(rule).exists()`), so that lists and fields cannot
disagree. Predicates name the course, or the attempt, by the path to its column.
"""
