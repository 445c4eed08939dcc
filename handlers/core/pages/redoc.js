// ReDoc for the API document.
Redoc.init("openapi.json", {
	hideDownloadButton: false,
	disableSearch: true,	// its worker is a blob: script, which our policy forbids
	nativeScrollbars: true,
	theme: { colors: { primary: { main: "#1f6b3f" } } },
}, document.getElementById("ui"));
