// ReDoc over the document.
Redoc.init("openapi.json", {
	hideDownloadButton: false,
	disableSearch: true,	// its worker would be a script from a blob
	nativeScrollbars: true,
	theme: { colors: { primary: { main: "#1f6b3f" } } },
}, document.getElementById("ui"));
