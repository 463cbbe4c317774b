package vxp

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// vectors are texts that the vendor's client signed with the test secret.
var vectors = []struct{ text, hash string }{
	{
		`{"XroadVnpt-systemid":"sys.test.01","XroadVnpt-timestamp":"23112026T181050+0669","XroadVnpt-Content-Type":"application/json"}`,
		"fb1d891946d988830c795fedc4ec3a741d959138a56cb41094da58e7ba2c4de6",
	},
	{
		`{"XroadVnpt-systemid":"sys.test.01","XroadVnpt-AgencyCode":"99.99.99.G21","XroadVnpt-timestamp":"23112026T181050+0669","XroadVnpt-Content-Type":"application/json"}`,
		"2b14daf045a7f7585cb1d0c0087ca168093c7f52070d5b9b8380760f96723c1a",
	},
	{
		`{"XroadVnpt-systemid":"sys.test.01","XroadVnpt-docid":"d1","XroadVnpt-timestamp":"23112026T181100+0601","XroadVnpt-Content-Type":"application/json","XroadVnpt-status":"done"}`,
		"b39ed09c39159366f977bc8b675ed3226b82dfdc550a97e37a4a994bbc310c6a",
	},
	{
		`{"XroadVnpt-systemid":"sys.test.01","XroadVnpt-servicetype":"eDoc","XroadVnpt-messagetype":"status","XroadVnpt-hash-file":"cc7bdd662415e725c750bf6ce64c36a87ad21bf38d0a593f9f10203572747f","XroadVnpt-from":"H26.40","XroadVnpt-to":"[\"H26.40.1\",\"H26.40.2\"]","XroadVnpt-timestamp":"23112026T181100+0595","XroadVnpt-Content-Type":"application/octet-stream"}`,
		"45e699646c20c3057a1d76b33d1b1d95d587db09ce28df70d98f94fde45ecc67",
	},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		if got := hex.EncodeToString(mac([]byte(testSecret), v.text)); got != v.hash {
			t.Errorf("mac(%s) = %s, want %s", v.text, got, v.hash)
		}
		if !verified([]byte(testSecret), v.text, v.hash) {
			t.Errorf("not verified: %s", v.text)
		}
		for what, ok := range map[string]bool{
			"another secret": verified([]byte("s3cres"), v.text, v.hash),
			"no secret":      verified(nil, v.text, hex.EncodeToString(mac(nil, v.text))),
			"another text":   verified([]byte(testSecret), v.text+" ", v.hash),
			"half a digest":  verified([]byte(testSecret), v.text, v.hash[:32]),
			"no digest":      verified([]byte(testSecret), v.text, ""),
		} {
			if ok {
				t.Errorf("%s verifies %s", what, v.text)
			}
		}
	}
}

func TestClientSignsAsTheVendorDoes(t *testing.T) {
	c := Client{SystemID: testSystem, Secret: []byte(testSecret)}
	h := map[string][]string{}
	c.sign(h, []param{
		{"systemid", testSystem},
		{"servicetype", "eDoc"},
		{"messagetype", "status"},
		{"hash-file", "cc7bdd662415e725c750bf6ce64c36a87ad21bf38d0a593f9f10203572747f"},
		{"from", "H26.40"},
		{"to", `["H26.40.1","H26.40.2"]`},
		{"timestamp", "23112026T181100+0595"},
		{"Content-Type", "application/octet-stream"},
	})
	if got := h[headerSign][0]; got != vectors[3].text {
		t.Errorf("sign-header %s\nwant        %s", got, vectors[3].text)
	}
	if got := h[headerHash][0]; got != vectors[3].hash {
		t.Errorf("hash-header %s, want %s", got, vectors[3].hash)
	}
	if got, want := h[headerSignKeys][0], "systemid;servicetype;messagetype;hash-file;from;to;timestamp;Content-Type"; got != want {
		t.Errorf("sign-header-key %s, want %s", got, want)
	}
	if got, want := h["XroadVnpt-hash-file"][0], "cc7bdd662415e725c750bf6ce64c36a87ad21bf38d0a593f9f10203572747f"; got != want {
		t.Errorf("loose hash-file %s, want %s", got, want)
	}
}

func TestParseSignHeader(t *testing.T) {
	type signed = map[string]string
	tests := []struct {
		name, text string
		want       signed // nil: refused
	}{
		{"vendor", vectors[2].text, signed{"systemid": "sys.test.01", "docid": "d1", "timestamp": "23112026T181100+0601", "Content-Type": "application/json", "status": "done"}},
		{"escaped quotes", `{"XroadVnpt-to":"[\"H26.99.1\"]"}`, signed{"to": `["H26.99.1"]`}},
		{"case of names is kept", `{"XroadVnpt-docId":"d2","XroadVnpt-docid":"d1"}`, signed{"docId": "d2", "docid": "d1"}},
		{"white space", " {\n\t\"XroadVnpt-a\" : \"1\" , \"XroadVnpt-b\":\"2\"}\r\n", signed{"a": "1", "b": "2"}},
		{"empty object", `{}`, signed{}},
		{"unicode escape", `{"XroadVnpt-a":"\u003d\u0110"}`, signed{"a": "=Đ"}},
		{"folder with bare backslashes", `{"XroadVnpt-filePath":"C:\edoc\store","XroadVnpt-docId":"d1"}`, signed{"filePath": `C:\edoc\store`, "docId": "d1"}},
		{"folder that ends in a bare backslash", `{"XroadVnpt-filePath":"C:\edoc\","XroadVnpt-docId":"d1"}`, signed{"filePath": `C:\edoc\`, "docId": "d1"}},
		{"the same at the end", `{"XroadVnpt-docId":"d1","XroadVnpt-filePath":"C:\edoc\"}`, signed{"filePath": `C:\edoc\`, "docId": "d1"}},
		{"folder with escaped backslashes", `{"XroadVnpt-filePath":"C:\\edoc\\","XroadVnpt-docId":"d1"}`, signed{"filePath": `C:\edoc\`, "docId": "d1"}},
		{"bytes that are not UTF-8", "{\"XroadVnpt-description\":\"Kh\xf4ng\"}", signed{"description": "Kh\xf4ng"}},
		{"numbers, booleans, null", `{"XroadVnpt-pageSize":20,"XroadVnpt-x":true,"XroadVnpt-y":null}`, signed{"pageSize": "20", "x": "true"}},
		{"other keys", `{"docId":"d1","xroadvnpt-docId":"d2"}`, signed{}},
		{"a key twice", `{"XroadVnpt-docId":"d1","XroadVnpt-docId":"d2"}`, nil},
		{"nothing", ``, nil},
		{"no object", `["XroadVnpt-a"]`, nil},
		{"cut off", `{"XroadVnpt-a":"1`, nil},
		{"cut off after a member", `{"XroadVnpt-a":"1"`, nil},
		{"no colon", `{"XroadVnpt-a" "1"}`, nil},
		{"trailing comma", `{"XroadVnpt-a":"1",}`, nil},
		{"text after the object", `{"XroadVnpt-a":"1"}{}`, nil},
		{"object as value", `{"XroadVnpt-a":{"b":"c"}}`, nil},
		{"list as value", `{"XroadVnpt-a":[1]}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSignHeader(tt.text)
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("error %v, want one: %v", err, tt.want == nil)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzSignHeader holds the tolerant reader against the strict one: what is JSON
// with text values means the same to both.
func FuzzSignHeader(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.text)
	}
	f.Add(`{"XroadVnpt-filePath":"C:\edoc\","XroadVnpt-docId":"d1"}`)
	f.Add(`{"XroadVnpt-a":null,"XroadVnpt-b":12,"c":"\u00e1\ud83d\ude00"}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseSignHeader(text)
		var strict map[string]string
		if !utf8.ValidString(text) || strings.Contains(text, "null") || json.Unmarshal([]byte(text), &strict) != nil || strict == nil {
			return
		}
		if err != nil {
			if !strings.Contains(err.Error(), "stands twice") {
				t.Fatalf("JSON refused: %v", err)
			}
			return
		}
		want := map[string]string{}
		for k, v := range strict {
			if name, ok := strings.CutPrefix(k, prefix); ok {
				want[name] = v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
