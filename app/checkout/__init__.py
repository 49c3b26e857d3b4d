"""Turns a cart into an order, exactly once.

One transaction checks the cart, takes the stock, writes the order and its payment and closes the cart; a
refusal keeps nothing of it. Card companies are asked outside of any transaction: meanwhile the units are
reserved, and a second transaction either allocates them and places the order or gives them back and cancels
it. Whatever dies in between is finished by the next call or by a job. A cart that became an order answers
every further checkout with that order.
"""
