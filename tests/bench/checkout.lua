-- wrk's requests of checkout.sh: a cart of CARTS each, once, by its user.
local carts, at = {}, 0
local body = '{"cart_id":"%s","cart_version":1,"expected_total":{"amount":2000,"currency":"EUR"},' ..
    '"shipping_address":{"name":"A Buyer","line1":"Wide Way 1","postal_code":"10115",' ..
    '"city":"Berlin","country":"DE"}}'

function init()
	local tokens = {}

	for line in io.lines(os.getenv("TOKENS")) do
		local user, token = line:match("(%S+) (%S+)")
		tokens[user] = token
	end
	for line in io.lines(os.getenv("CARTS")) do
		local cart, user = line:match("(%x+) (%x+)")
		carts[#carts + 1] = { cart:gsub("(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)",
		    "%1-%2-%3-%4-", 1), tokens[user] }
	end
end

function request()
	at = math.min(at + 1, #carts)
	local cart = carts[at]
	return wrk.format("POST", "/v1/orders", {
		["Content-Type"] = "application/json",
		["Idempotency-Key"] = "bench-" .. cart[1],
		["Authorization"] = "Bearer " .. cart[2]
	}, body:format(cart[1]))
end
