"""Reads. A selector returns a queryset that is narrowed to a viewer already: `..._visible_to(viewer)`.

Its sibling `..._as_seen_by(viewer)` carries the same annotations (the viewer's access to each row) and narrows
nothing: it is for rows that are reached from a visible one and belong to it, such as the assessment of one's own
attempt after the course was taken off the catalogue.
"""
