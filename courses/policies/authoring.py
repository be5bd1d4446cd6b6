"""Permission to write courses."""

from courses.policies.participation import Viewer, is_platform_staff


def may_create_courses(viewer: Viewer) -> bool:
    """Return whether the viewer is platform staff or has Django's permission `courses.add_course`.

    The creator of a course becomes its instructor; who may edit one is `participation.teaches`.
    """
    return viewer is not None and (is_platform_staff(viewer) or viewer.has_perm("courses.add_course"))
