"""The demo shop: a fictional retailer, made by code, the same at every start. It calls the slices' own actions."""
