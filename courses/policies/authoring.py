"""Who may write courses."""

from courses.policies.participation import Viewer, is_platform_staff


def may_create_courses(viewer: Viewer) -> bool:
    """Platform staff, and everybody with the right to teach: Django's permission `courses.add_course`.

    Whoever creates a course becomes its instructor; who may edit one is `participation.teaches`.
    """
    return viewer is not None and (is_platform_staff(viewer) or viewer.has_perm("courses.add_course"))
