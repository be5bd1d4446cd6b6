"""Who may see or do what. Each rule stands here once, as a condition over the columns of a query.

A condition narrows rows (`queryset.filter(rule)`), blanks a field for a whole batch (`queryset.annotate(...)`)
and answers yes or no for one object (`queryset.filter(pk=...).filter(rule).exists()`): it can never say one
thing in a list and another in a field. Conditions name the course, or the attempt, by the path to its column.
"""
