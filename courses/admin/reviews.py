"""Reviews, which staff moderate, and the votes on them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.base import RecordAdmin, WrittenAdmin, changed
from courses.services.moderation import moderate_review
from courses.services.reviews import delete_review


@admin.register(models.Review)
class ReviewAdmin(WrittenAdmin):
    """Moderation of reviews: approve them, feature them, and note why."""

    list_display = ("__str__", "user", "title", "is_approved", "is_featured", "helpful_count", "created_date")
    list_filter = ("is_approved", "is_featured", "rating", "is_verified_purchase", "created_date")
    list_select_related = ("user", "course")
    search_fields = ("title", "content", "user__username", "course__title")
    readonly_fields = (
        "user",
        "course",
        "rating",
        "title",
        "content",
        "helpful_count",
        "is_verified_purchase",
    )
    actions = ("approve", "withhold", "feature")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Review) -> None:
        delete_review(actor=request.user, review_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Review, form: ModelForm, formsets: list[Any]
    ) -> models.Review:
        return moderate_review(moderator=request.user, review_id=obj.pk, **changed(form))

    @admin.action(description="Approve the selected reviews", permissions=["change"])
    def approve(self, request: HttpRequest, reviews: QuerySet[models.Review]) -> None:
        """Approve the reviews, so that other people see them."""
        self._moderate(request, reviews, is_approved=True)

    @admin.action(description="Withhold the selected reviews", permissions=["change"])
    def withhold(self, request: HttpRequest, reviews: QuerySet[models.Review]) -> None:
        """Withdraw the approval, so that only their authors and staff see them."""
        self._moderate(request, reviews, is_approved=False)

    @admin.action(description="Approve and feature the selected reviews", permissions=["change"])
    def feature(self, request: HttpRequest, reviews: QuerySet[models.Review]) -> None:
        """Feature the reviews in a prominent place."""
        self._moderate(request, reviews, is_approved=True, is_featured=True)

    def _moderate(self, request: HttpRequest, reviews: QuerySet[models.Review], **decision: bool) -> None:
        """Decide on all of them, or on none when one is refused."""
        for review in reviews:
            moderate_review(moderator=request.user, review_id=review.pk, **decision)
        self.message_user(request, f"{len(reviews)} reviews were moderated.", messages.SUCCESS)


@admin.register(models.ReviewVote)
class ReviewVoteAdmin(RecordAdmin):
    """Read-only list of helpful votes."""

    list_display = ("user", "review", "created_date")
    list_filter = ("created_date",)
    list_select_related = ("user", "review__course")
    search_fields = ("user__username", "review__title")
