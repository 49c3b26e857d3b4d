"""One schema from the parts of all slices. A new part is added to its list here; a test finds what is forgotten."""

from datetime import datetime
from types import ModuleType
from typing import Any, Final

import strawberry

from app.api.federation import CONFIG, FederationQuery, Subgraph
from app.api.nodes import NodeQuery
from app.capacity.graphql import errors as capacity_errors
from app.capacity.graphql.mutations import LockerMutation
from app.capacity.graphql.queries import LockerQuery
from app.capacity.graphql.slot_plans import PickupSlotMutation, PickupSlotQuery
from app.carts.graphql import errors as cart_errors
from app.carts.graphql.mutations import CartMutation
from app.carts.graphql.queries import CartQuery
from app.carts.graphql.reservations import CartReservationMutation
from app.carts.graphql.slots import CartSlotQuery
from app.catalog.graphql.mutations import CatalogMutation
from app.catalog.graphql.queries import CatalogQuery
from app.channels.graphql import errors as channel_errors
from app.channels.graphql.mutations import ChannelsMutation
from app.channels.graphql.queries import ChannelsQuery
from app.checkout.graphql import errors as checkout_errors
from app.checkout.graphql.mutations import CheckoutMutation
from app.exceptions.graphql.mutations import ExceptionMutation
from app.exceptions.graphql.queries import ExceptionQuery
from app.exceptions.graphql.subscriptions import ExceptionSubscription
from app.fulfillment.graphql import errors as fulfillment_errors
from app.fulfillment.graphql.mutations import FulfillmentMutation
from app.fulfillment.graphql.mutations.carriers import CarrierMutation
from app.fulfillment.graphql.mutations.lockers import PickupLockerMutation
from app.fulfillment.graphql.mutations.refunds import RefundMutation
from app.fulfillment.graphql.mutations.reports import PickupReportMutation
from app.fulfillment.graphql.mutations.returns import PickupReturnMutation
from app.fulfillment.graphql.mutations.sandbox import SandboxMutation
from app.fulfillment.graphql.mutations.shipments import ShipmentMutation
from app.fulfillment.graphql.mutations.shoppers import BuyersPickupMutation
from app.fulfillment.graphql.mutations.tracking import TrackingMutation
from app.fulfillment.graphql.packages import PackageQuery
from app.fulfillment.graphql.queries import FulfillmentQuery
from app.fulfillment.graphql.slots import RescheduleQuery
from app.fulfillment.graphql.subscriptions import FulfillmentSubscription
from app.fulfillment.graphql.work.mutations import WorkMutation
from app.fulfillment.graphql.work.pick_lists import PickListMutation, PickListQuery
from app.fulfillment.graphql.work.queries import WorkQuery
from app.fulfillment.graphql.work.shortages import WorkShortageMutation
from app.fulfillment.graphql.work.subscriptions import WorkSubscription
from app.integrations.graphql.tracking import TrackingImportMutation
from app.inventory.graphql import errors as inventory_errors
from app.inventory.graphql.changes import StockChangesQuery
from app.inventory.graphql.corrections.mutations import CorrectionMutation
from app.inventory.graphql.counts.mutations import CountMutation
from app.inventory.graphql.counts.queries import CountQuery
from app.inventory.graphql.drifts.mutations import DriftMutation
from app.inventory.graphql.drifts.queries import DriftQuery
from app.inventory.graphql.feeds import StockFeedMutation
from app.inventory.graphql.mutations import InventoryMutation
from app.inventory.graphql.purchases.mutations import PurchaseOrderMutation
from app.inventory.graphql.purchases.queries import PurchaseOrderQuery
from app.inventory.graphql.queries import InventoryQuery
from app.inventory.graphql.reservations.mutations import ReservationMutation
from app.inventory.graphql.reservations.queries import ReservationQuery
from app.inventory.graphql.selling.mutations import SellingMutation
from app.inventory.graphql.subscriptions import InventorySubscription
from app.inventory.graphql.transfers.mutations import TransferMutation
from app.inventory.graphql.waiting.queries import WaitingQuery
from app.kit.graphql.errors import ERROR_TYPES, GenericError
from app.kit.graphql.instants import INSTANT
from app.kit.graphql.nodes import IMPLEMENTATIONS
from app.locations.graphql import errors as location_errors
from app.locations.graphql.mutations import LocationsMutation
from app.locations.graphql.networks import NetworksMutation, NetworksQuery
from app.locations.graphql.queries import LocationsQuery
from app.members.graphql.queries import MembersQuery
from app.notifications.graphql.mutations import WebhooksMutation
from app.notifications.graphql.queries import WebhooksQuery
from app.orders.graphql.queries import OrdersQuery
from app.orders.graphql.subscriptions import OrdersSubscription
from app.partners.graphql.keys import ApiKeyMutation
from app.partners.graphql.mutations import PartnersMutation
from app.partners.graphql.own_key import OwnApiKeyMutation
from app.partners.graphql.queries import PartnersQuery
from app.payments.graphql import errors as payment_errors

QUERIES: Final[tuple[type[Any], ...]] = (
    NodeQuery,
    CatalogQuery,
    ChannelsQuery,
    LocationsQuery,
    NetworksQuery,
    CartQuery,
    OrdersQuery,
    FulfillmentQuery,
    PackageQuery,
    ExceptionQuery,
    WorkQuery,
    PickListQuery,
    InventoryQuery,
    LockerQuery,
    PickupSlotQuery,
    CartSlotQuery,
    RescheduleQuery,
    StockChangesQuery,
    PurchaseOrderQuery,
    CountQuery,
    DriftQuery,
    ReservationQuery,
    WaitingQuery,
    MembersQuery,
    PartnersQuery,
    WebhooksQuery,
)
MUTATIONS: Final[tuple[type[Any], ...]] = (
    CartMutation,
    CartReservationMutation,
    CheckoutMutation,
    FulfillmentMutation,
    ExceptionMutation,
    WorkMutation,
    PickListMutation,
    PickupReportMutation,
    PickupLockerMutation,
    WorkShortageMutation,
    PickupReturnMutation,
    RefundMutation,
    BuyersPickupMutation,
    ShipmentMutation,
    SandboxMutation,
    TrackingMutation,
    TrackingImportMutation,
    CarrierMutation,
    InventoryMutation,
    LockerMutation,
    PickupSlotMutation,
    TransferMutation,
    SellingMutation,
    StockFeedMutation,
    CorrectionMutation,
    PurchaseOrderMutation,
    CountMutation,
    DriftMutation,
    ReservationMutation,
    CatalogMutation,
    LocationsMutation,
    NetworksMutation,
    ChannelsMutation,
    PartnersMutation,
    ApiKeyMutation,
    OwnApiKeyMutation,
    WebhooksMutation,
)
SUBSCRIPTIONS: Final[tuple[type[Any], ...]] = (
    InventorySubscription,
    OrdersSubscription,
    FulfillmentSubscription,
    WorkSubscription,
    ExceptionSubscription,
)
# Importing them declared the types of their refusals, which no field names: `userErrors` returns the interface.
REFUSALS: Final[tuple[ModuleType, ...]] = (
    capacity_errors,
    cart_errors,
    channel_errors,
    checkout_errors,
    fulfillment_errors,
    inventory_errors,
    location_errors,
    payment_errors,
)


def build_schema() -> Subgraph:
    """The whole schema, with the limits that hold for every document and the masking of errors."""
    return Subgraph(
        query=_root("Query", (*QUERIES, FederationQuery), "What can be read."),
        mutation=_root("Mutation", MUTATIONS, "What can be done."),
        subscription=_root("Subscription", SUBSCRIPTIONS, "What can be listened to."),
        types=[GenericError, *ERROR_TYPES.values(), *IMPLEMENTATIONS],
        config=CONFIG,
        scalar_overrides={datetime: INSTANT},
    )


def _root(name: str, parts: tuple[type[Any], ...], description: str) -> type[Any]:
    return strawberry.type(type(name, parts, {}), description=description)


schema: Final = build_schema()
