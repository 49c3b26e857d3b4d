// The rules for schemas that @graphql-eslint recommends, and those of Relay. What we do otherwise is said here, with why.
import graphql from '@graphql-eslint/eslint-plugin';

// Values: they are the same when they look the same, so there is nothing to identify.
const VALUES = [
  'Address', 'Attribute', 'Carrier', 'CarrierCode', 'CartTotals', 'Coordinates', 'DeliveryIneligibility', 'Media', 'Money', 'OpeningHours',
  'OrderSource', 'PageInfo', 'PickupOption', 'PickupOptionLine', 'PickupSlot', 'PickupSlotDate', 'PickupSlotLoad', 'PickupSlotTime',
  'PickupSlotWeekday', 'PickupSlotWindow', 'Prefecture', 'Price', 'PriceRange', 'StockPromise',
  'Refund', 'TaxAmount', 'WorkCount',
];
// Parts that are read with their owner and change with it.
const PARTS = [
  'CompartmentReservation', 'LockerCompartment',
  'Allocation', 'ApiKeySecret', 'BundleComponent', 'CartReservation', 'CartReservationLine', 'CountLine', 'CountRecord',
  'ExceptionCount', 'ExceptionFact', 'ExceptionRemedy', 'FulfillmentLine', 'IncomingSupply', 'LocationAvailability', 'LocationGroupAvailability', 'OrderHistoryEntry',
  'Payment', 'PickListLine', 'PickupNetwork', 'PickupReport', 'PickupSlotPlan', 'PurchaseOrderLine', 'ReservationLine', 'StockDrift', 'StockExplanation', 'StockHeld',
  'StockLevel', 'StockMoved', 'StockMovement', 'TrackingReport', 'TransferLine', 'UnsellableStock', 'VariantAvailability',
  'VariantSelling', 'WaitingLine', 'WaitingOutlook', 'WaitingSource', 'WebhookAttempt', 'WebhookEventField',
  'WebhookEventKind', 'WebhookQueue', 'WebhookSecret', 'WorkEntry',
];
// What there is once for a caller, or what is told once and never read again.
const MOMENTS = [
  'BrokenPromise', 'LockerAlternative', 'LockerRoom', 'LockerStation', 'ExceptionCaseChange', 'PartnerJob', 'StockChange', 'WorkChange', 'StockImportResult',
  'TrackingImportResult', 'Viewer',
];

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: process.env.SCHEMA } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            types: [...VALUES, ...PARTS, ...MOMENTS],
            // Wrappers that belong to one answer: payloads, refusals, problems of a cart, pages.
            suffixes: ['Payload', 'Error', 'Problem', 'Connection', 'Edge'],
          },
        },
      ],
      '@graphql-eslint/relay-edge-types': [
        'error',
        {
          withEdgeSuffix: true,
          // A line of a cart, a picture of a product: lists that are short by nature have no pages.
          listTypeCanWrapOnlyEdgeType: false,
          // The rows of StockLevelEdge and StockMovementEdge are parts (above) and have no id.
          shouldImplementNode: false,
        },
      ],
      // Pages go forward only: every list is sorted by an index that is read in one direction.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
    },
  },
];
