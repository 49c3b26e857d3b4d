"""What is sold: products, their variants, categories, and listings with prices per channel.

A variant is the sellable thing with a SKU; it belongs to one product. A shopper sees a product in a channel
when the product is active and an active variant of it has a published listing there. Prices include
consumption tax. `product_listings` always sums up the listings, and what search works on always follows the
texts and codes.
"""
