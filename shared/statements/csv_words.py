"""The words banks use in CSV files, folded to plain ASCII, with what each can mean.

Collected from the published export formats of banks in English, German, French, Spanish, Dutch,
Italian, Portuguese, Norwegian, Danish, Swedish, Finnish, Polish, Czech, Chinese, Japanese and
Korean. A word may stand for several
things (``valuta`` is a value date in German and a currency in Dutch): the cells decide.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from functools import lru_cache

from shared.money import is_currency
from shared.statements.amounts import Side


class Role(enum.Enum):
    """What a column holds."""

    BOOKING_DATE = "booking date"
    DATE = "date"
    TRANSACTION_DATE = "transaction date"
    VALUE_DATE = "value date"
    AMOUNT = "amount"
    DEBIT = "debit amount"
    CREDIT = "credit amount"
    FEE = "fee"
    BALANCE = "balance"
    INDICATOR = "debit or credit mark"
    UNNAMED_INDICATOR = "column of debit and credit words under another name"
    CURRENCY = "currency"
    STATUS = "status"
    ACCOUNT = "account"
    COUNTERPARTY = "counterparty"
    COUNTERPARTY_ACCOUNT = "counterparty account"
    PAYER = "payer"
    PAYEE = "payee"
    DESCRIPTION = "description"
    REFERENCE = "reference"
    END_TO_END = "end-to-end id"
    MANDATE = "mandate"
    CHECK = "check number"
    REMITTANCE = "structured payment reference"
    BANK_REFERENCE = "bank reference"
    KIND = "kind"
    ORIGINAL_AMOUNT = "original amount"
    ORIGINAL_CURRENCY = "original currency"
    RATE = "exchange rate"
    IGNORED = "ignored"

    # Members are singletons; hashing them by identity is several times faster.
    __hash__ = object.__hash__


DATE_ROLES = (Role.BOOKING_DATE, Role.DATE, Role.TRANSACTION_DATE, Role.VALUE_DATE)
"""In the order in which they are taken for the booking date when several are there."""

_WORDS: dict[Role, str] = {
    Role.BOOKING_DATE: """
        booking date|posting date|posted date|posted|date posted|post date|date booked|booked
        |completed date|date completed|completed|processed date|processing date|process date
        |entry date|settlement date|buchungstag|buchungsdatum|buchung|buchungs datum|gebucht am
        |date de comptabilisation|date comptable|date comptabilisation|date d ecriture|dateop
        |fecha contable|fecha de contabilizacion|fecha de asiento|f contable|boekdatum|boekingsdatum
        |datum boeking|data contabile|data di contabilizzazione|data registrazione
        |data contabilizzazione|data lancamento|data de lancamento|data do lancamento|data lanc
        |data mov|data movimento|bokforingsdato|bokfort dato|bokfort|bokforingsdag|bokforingsdatum
        |bogfort dato|bogforingsdato|kirjauspaiva|kirjauspvm|data ksiegowania
        |data zaksiegowania|data rozliczenia
        |bokforingsdatum|bokforingsdag|datum zauctovani|zauctovano|datum zaknjizenja
        |\u8bb0\u8d26\u65e5\u671f|\u5165\u8d26\u65e5\u671f|\u5e33\u52d9\u65e5\u671f
        |\u8a18\u5e33\u65e5\u671f|konyveles datuma|data da movimentacao|data contab|date posting
        |date cleared|cleared date
        |booked at|reskontradatum""",
    Role.DATE: """
        date|datum|fecha|data|dato|pvm|paivays|day|tag|jour|dia|date utc|statement date|kauppapaiva

        |\u65e5\u671f|\u65e5\u4ed8|\u5e74\u6708\u65e5|\uc77c\uc790|\ub0a0\uc9dc|datum a cas
        |datum provedeni""",
    Role.TRANSACTION_DATE: """
        transaction date|trans date|date of transaction|operation date|purchase date|started date
        |transactiondate|tran date|txn date|date time|datetime|timestamp|date and time|time stamp
        |umsatzdatum|belegdatum|transaktionsdatum|kaufdatum|date operation|date de l operation
        |date d operation|date de transaction|date d achat|fecha operacion|fecha de operacion
        |fecha de la operacion|fecha de transaccion|fecha movimiento|f operacion|transactiedatum
        |datum transactie|data operazione|data transazione|data dell operazione|data operacao
        |data da operacao|data transacao|data da transacao|transaksjonsdato|kjopsdato|dato kjopt
        |transaktionsdag|kobsdato|data operacji|data transakcji
        |\u4ea4\u6613\u65e5\u671f|\u4ea4\u6613\u65f6\u95f4|\u4ea4\u6613\u65e5
        |\u4ea4\u6613\u6642\u9593|\u53d6\u5f15\u65e5|\u304a\u53d6\u5f15\u65e5|\u53d6\u6271\u65e5
        |\u53d6\u6271\u65e5\u4ed8|\uac70\ub798\uc77c|\uac70\ub798\uc77c\uc790
        |\uac70\ub798\uc77c\uc2dc|datum transakce|datum operace|transaktionsdatum
        |transaktionsdato|handelsdato
        |created|created utc|created at""",
    Role.VALUE_DATE: """
        value date|value|valuedate|valuta|valutadatum|valuta datum|valutatag|valutierung|valuta date
        |wertstellung|wertstellungsdatum|wertstellungstag|wert|wertdatum|date de valeur|date valeur
        |valeur|dateval|fecha valor|fecha de valor|f valor|valor|rentedatum|datum valuta|data valuta
        |data di valuta|data valor|data do valor|data de valor|rentedato|valutadato|rente dato
        |valutadag|arvopaiva|data waluty|interest date|effective date|rentedag
        |valor datum|datum valuty|valutadag|\u8d77\u606f\u65e5
        |available on|available on utc""",
    Role.AMOUNT: """
        amount|transaction amount|net amount|net|gross|gross amount|value|sum|amount in account
        currency|account amount|amount signed|signed amount|booking amount|total amount|total
        |amount currency
        |betrag|umsatz|wert|buchungsbetrag|umsatzbetrag|nettobetrag|netto|brutto|montant
        |montant de l operation|montant net|montant operation|somme|importe|monto|cantidad|cuantia
        |importe neto|importe eur|bedrag|transactiebedrag|importo|ammontare|importo operazione
        |valor|montante|quantia|importancia|valor lancamento|belop|belopp|maara euroa
        |transaksjonsbelop|belob|maara
        |kwota|kwota operacji|kwota transakcji|kwota w walucie rachunku|sum in account currency
        |belop i nok|amt|movimiento importe
        |\u4ea4\u6613\u91d1\u989d|\u91d1\u989d|\u53d1\u751f\u989d|\u91d1\u984d
        |\u4ea4\u6613\u91d1\u984d|\u53d6\u5f15\u91d1\u984d|\uae08\uc561|\uac70\ub798\uae08\uc561
        |castka|castka v mene uctu|objem|osszeg|amount in eur|amount gbp|suma|importo eur
        |betrag eur
        |credit debit amount|debit credit amount""",
    Role.DEBIT: """
        debit|debits|debit amount|amount debit|paid out|money out|withdrawal|withdrawals
        |withdrawal amount|withdrawal amt|withdrawals amount|payments out|out|payment amount|debited
        |debit value|outflow|soll|belastung|lastschrift|ausgabe|ausgaben|ausgang|betrag soll
        |soll betrag|debet|montant debit|debit euros|sortie|sorties|cargo|cargos|debe|debito
        |debitos|salidas|importe cargo|af|uitgaven|uit|dare|uscite|uscita|addebiti|addebito|saida
        |saidas|ut|ut fra konto|ut av konto|utgift|utgifter|belop ut|ud|obciazenia|obciazenie|winien
        |wyplaty|kwota obciazenia|wydatki|lastschriften|insattning uttag|uttag
        |\u652f\u51fa|\u652f\u51fa\u91d1\u989d|\u501f\u65b9\u91d1\u989d
        |\u501f\u65b9\u53d1\u751f\u989d|\u652f\u51fa\u91d1\u984d|\u304a\u652f\u6255\u91d1\u984d
        |\u304a\u652f\u6255\u3044\u91d1\u984d|\u652f\u6255\u91d1\u984d|\u51fa\u91d1
        |\u51fa\u91d1\u984d|\u51fa\u91d1\u91d1\u984d|\u304a\u5f15\u51fa\u3057
        |\u5f15\u51fa\u91d1\u984d|\ucd9c\uae08|\ucd9c\uae08\uc561|\ucd9c\uae08\uae08\uc561
        |\ucc3e\uc73c\uc2e0\uae08\uc561|\uc9c0\uae09\uae08\uc561|\ucd9c\uae08 \uae08\uc561
        |vydaje|haevet|spent|amount out|money out amount""",
    Role.CREDIT: """
        credit|credits|credit amount|amount credit|paid in|money in|deposit|deposits|deposit amount
        |deposit amt|deposits amount|payments in|in|credited|credit value|inflow|haben|gutschrift
        |gutschriften|einnahme|einnahmen|eingang|betrag haben|haben betrag|montant credit
        |credit euros|entree|entrees|abono|abonos|haber|credito|creditos|ingresos|ingreso|entradas
        |importe abono|bij|inkomsten|avere|entrate|entrata|accrediti|accredito|entrada|inn
        |inn pa konto|inntekt|inntekter|belop inn|ind|insattning|uznania|uznanie|ma|wplaty
        |kwota uznania|wplywy
        |\u6536\u5165|\u6536\u5165\u91d1\u989d|\u8d37\u65b9\u91d1\u989d
        |\u8d37\u65b9\u53d1\u751f\u989d|\u5b58\u5165\u91d1\u989d|\u5b58\u5165
        |\u5b58\u5165\u91d1\u984d|\u304a\u9810\u308a\u91d1\u984d
        |\u304a\u9810\u304b\u308a\u91d1\u984d|\u9810\u5165\u91d1\u984d|\u5165\u91d1
        |\u5165\u91d1\u984d|\u5165\u91d1\u91d1\u984d|\u304a\u9810\u5165\u308c|\uc785\uae08
        |\uc785\uae08\uc561|\uc785\uae08\uae08\uc561|\ub9e1\uae30\uc2e0\uae08\uc561
        |\uc785\uae08 \uae08\uc561|prijmy|indsat|received|amount in""",
    Role.FEE: """
        fee|fees|fee amount|charge|charges|gebuhr|gebuehr|gebuhren|frais|comision|comisiones|kosten
        |commissione|commissioni|comissao|gebyr|avgift|oplata|prowizja""",
    Role.BALANCE: """
        balance|running balance|running bal|account balance|accountbalance|ledger balance
        |balance after|balance after transaction|closing balance|new balance|book balance
        |statement balance|current balance|bal|saldo|kontostand|saldo nach buchung|neuer saldo
        |saldo nachher|saldo danach|kontosaldo|solde|solde apres operation|solde du compte
        |nouveau solde|solde progressif|saldo tras|saldo final|saldo posterior|saldo contable
        |saldo despues|saldo na boeking|saldo na trn|saldo na mutatie|saldo dopo|saldo contabile
        |saldo progressivo|saldo contabilistico|saldo apos|saldo apos movimento|saldo etter
        |bokfort saldo|saldo efter|saldo po operacji|saldo po transakcji|saldo konta
        |saldo rachunku|bokford saldo
        |\u4f59\u989d|\u8d26\u6237\u4f59\u989d|\u4ea4\u6613\u540e\u4f59\u989d|\u9918\u984d
        |\u5e33\u6236\u9918\u984d|\u6b8b\u9ad8|\u5dee\u5f15\u6b8b\u9ad8
        |\u304a\u53d6\u5f15\u5f8c\u6b8b\u9ad8|\uc794\uc561|\uac70\ub798\ud6c4\uc794\uc561
        |\uac70\ub798 \ud6c4 \uc794\uc561|\uac70\ub798\ud6c4 \uc794\uc561|zustatek
        |zustatek na uctu|bogfort saldo|saldo etter transaksjon|egyenleg""",
    Role.INDICATOR: """
        d c|dc|c d|cd|dr cr|drcr|cr dr|crdr|debit credit|credit debit|debit or credit
        |credit or debit
        |credit debit indicator|debit credit indicator|debit credit mark|cdtdbtind|indicator|sign
        |direction|in out|in or out|transaction type|type|type of transaction|trans type|details
        |s h|sh|soll haben|soll haben kennzeichen|soll haben kz|vorzeichen|sens|signe|sentido|signo
        |tipo|tipo movimiento|tipo de movimiento|tipo operazione|segno|dare avere|af bij|bij af
        |debet credit|credit debet|d a|sinal|tipo de operacao|natureza|d k|type operation
        |inn ut|ut inn|typ|rodzaj|strona|kierunek|wn ma|art|cargo abono|debe haber|credito debito
        |debito credito|code
        |\u501f\u8d37\u6807\u5fd7|\u6536 \u652f|\u501f\u8d37|\u501f\u8cb8|\u501f\u8cb8\u5225
        |\u5165\u51fa\u91d1|\u5165\u51fa\u91d1\u533a\u5206|\uc785\ucd9c\uae08
        |\uc785\ucd9c\uae08\uad6c\ubd84|d h|h s|haben soll|credit or debit mark|cr dr indicator
        |dr cr indicator""",
    Role.CURRENCY: """
        currency|currency code|account currency|ccy|cur|curr|transaction currency|billing currency
        |wahrung|waehrung|kontowahrung|devise|monnaie|devise du compte|moneda|divisa|munt|muntsoort
        |valuta|valutakode|valuutta|moeda|waluta|waluta rachunku|waluta operacji|valutakod
        |\u5e01\u79cd|\u5e01\u522b|\u5e63\u5225|\u901a\u8ca8|\ud1b5\ud654|mena|mena uctu|penznem
        |wahr|currency symbol""",
    Role.STATUS: """
        status|state|transaction status|booking status|info|buchungsstatus|umsatzstatus|zustand
        |statut|etat|estado|stato|situacao|tila|stan|pending
        |\u4ea4\u6613\u72b6\u6001|\u72b6\u6001|stav|tilstand""",
    Role.ACCOUNT: """
        account|account number|account no|account id|account iban|own account|own iban|iban
        |accountnum|accountnumber|konto|kontonummer|auftragskonto|eigenes konto
        |iban auftragskonto|compte|numero de compte|n de compte|compte no|cuenta|numero de cuenta
        |n de cuenta|rekening|rekeningnummer|iban bban|conto|numero conto|conta|numero da conta
        |kontonr|rachunek|numer rachunku|tili|konto nr|rekeningnr
        |\u8d26\u53f7|\u8d26\u6237|\u5e33\u865f|\u53e3\u5ea7\u756a\u53f7
        |\uacc4\uc88c\ubc88\ud638|cislo uctu|vlastni ucet|egen konto""",
    Role.COUNTERPARTY: """
        counterparty|counter party|counterparty name|name|partner|partner name|merchant
        |merchant name|payee payer|payer payee|to from|from to|beneficiary or payer|vendor
        |name of counterparty|other party|third party|contact|auftraggeber empfanger
        |auftraggeber empfaenger|auftraggeber beguenstigter|auftraggeber begunstigter
        |beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger
        |begunstigter auftraggeber|name zahlungsbeteiligter|zahlungsbeteiligter
        |zahlungsempfanger zahlungspflichtiger|empfanger zahlungspflichtiger|gegenpartei
        |tiers|contrepartie|nom|nom du tiers|supplierfound|contraparte|nombre|ordenante beneficiario
        |beneficiario ordenante|tegenpartij|naam tegenpartij|naam|naam omschrijving|tegenpartij naam
        |naam tegenrekening|controparte|nome|ordinante beneficiario|motpart|navn|mottaker avsender
        |kontrahent|nadawca odbiorca|odbiorca nadawca|nazwa kontrahenta|saaja maksaja
        |modpart|bedrijfsnaam
        |\u5bf9\u65b9\u6237\u540d|\u5bf9\u65b9\u540d\u79f0|\u4ea4\u6613\u5bf9\u65b9
        |\u4ea4\u6613\u5bf9\u624b|\u5c0d\u65b9\u6236\u540d|\u632f\u8fbc\u4eba
        |\u304a\u53d6\u5f15\u5148|\uac70\ub798\ucc98|\ubcf4\ub0b8\ubd84 \ubc1b\ub294\ubd84
        |\uc758\ub8b0\uc778 \uc218\ucde8\uc778|nazev protiuctu|nazev protistrany|protistrana
        |afsender modtager|modtager afsender|avsandare mottagare|name des partners|partnername
        |nimi""",
    Role.COUNTERPARTY_ACCOUNT: """
        counterparty account|counterparty iban|counterparty account number|counter party account
        |partner iban|payee account number|payee account|payer account|beneficiary account
        |beneficiary iban|recipient account|recipient iban|to account|from account|partner account
        |partner account number|bank account|kontonummer iban|iban zahlungsbeteiligter|gegenkonto
        |iban gegenkonto|iban des zahlungsbeteiligten|iban empfanger|compte beneficiaire
        |compte contrepartie|cuenta destino|cuenta beneficiario|tegenrekening|rekening tegenpartij
        |tegenrekening iban bban|iban tegenpartij|conto controparte|iban controparte
        |iban beneficiario
        |motkonto|mottakerkonto|rachunek nadawcy odbiorcy|numer rachunku kontrahenta
        |rachunek kontrahenta|saajan tilinumero
        |\u5bf9\u65b9\u8d26\u53f7|\u5bf9\u65b9\u8d26\u6237|\u5bf9\u65b9\u5361\u53f7
        |\u5c0d\u65b9\u5e33\u865f|\uc0c1\ub300\uacc4\uc88c\ubc88\ud638|\uc0c1\ub300\uacc4\uc88c
        |protiucet|cislo protiuctu|ucet protistrany|modkonto""",
    Role.PAYER: """
        payer|payer name|from|sender|sender name|debtor|debtor name|debitor|ordering party|remitter
        |auftraggeber|zahlungspflichtiger|zahlungspflichtige r|zahlungspflichtige
        |donneur d ordre|emetteur|ordenante|opdrachtgever|ordinante|avsender|betaler|nadawca
        |maksaja|avsandare|afsender|ordenador""",
    Role.PAYEE: """
        payee|payee name|to|beneficiary|beneficiary name|recipient|recipient name|creditor
        |creditor name|paid to|empfanger|empfaenger|zahlungsempfanger|zahlungsempfanger in
        |zahlungsempfanger in|begunstigter|beguenstigter|beneficiaire|destinataire|beneficiario
        |destinatario|begunstigde|ontvanger|mottaker|mottagare|modtager|odbiorca|saaja
        |maksunsaaja""",
    Role.DESCRIPTION: """
        description|desc|transaction description|details|transaction details|detail|particulars
        |narrative|narration|label|memo|text|payment details|payment reference text|note|notes
        |comment|message|remittance information|purpose|additional information|original description
        |verwendungszweck|buchungstext|beschreibung|zahlungsgrund|buchungsdetails|mitteilung
        |bemerkung|avisierungstext|buchungsinformation|vorgang verwendungszweck|zahlungszweck
        |libelle|libelle operation|libelle de l operation|libelle simplifie|motif|intitule
        |informations complementaires|nature de l operation|objet|communication|detail operation
        |concepto|descripcion|observaciones|mas datos|detalle|glosa|concepto ampliado
        |omschrijving|omschrijving 1|omschrijving 2|omschrijving 3|mededelingen|mededeling
        |descrizione|causale|descrizione operazione|descrizione estesa|dettagli|causale descrizione
        |descricao|historico|descricao do movimento|lancamento|descritivo|movimento
        |beskrivelse|forklaring|tekst|melding|tittel|rubrik|beskrivning|meddelande|opis
        |opis operacji|opis transakcji|tytul|tytulem|tytul operacji|szczegoly|viesti|selitys
        |selite|movimiento|concept
        |\u6458\u8981|\u5907\u6ce8|\u4ea4\u6613\u6458\u8981|\u9644\u8a00|\u7528\u9014
        |\u5099\u8a3b|\u304a\u53d6\u5f15\u5185\u5bb9|\u53d6\u5f15\u5185\u5bb9|\u5185\u5bb9
        |\u6458\u8981\u5185\u5bb9|\uc801\uc694|\ub0b4\uc6a9|\uac70\ub798\ub0b4\uc6a9
        |\uae30\uc7ac\ub0b4\uc6a9|popis|poznamka|zprava|zprava pro prijemce|text transakce
        |transaktionstext|transaktion|popis transakce|kozlemeny|supplementary text
        |supplementary details|transaction text|beskjed|posteringstekst
        |otsikko|transaction remarks|remarks|libelle complet operation|libelle complet
        |libelle court""",
    Role.REFERENCE: """
        reference|payment reference|customer reference|ref|reference number
        |reference id|invoice number|invoice|ref no|ref number|reference no|cust ref
        |kundenreferenz|referenz|kundenref
        |referenznummer|zahlungsreferenz|numero de reference|reference operation
        |referencia|referencia 1|referencia 2|num referencia|kenmerk|referentie
        |riferimento|numero riferimento|referanse|referens
        |referencja|numer referencyjny|sammlerreferenz|your reference|my reference|ref client
        |egen referens|egen reference|variable symbol ref""",
    Role.END_TO_END: """
        end to end id|endtoendid|end to end reference|end to end|end to end identification|e2e id
        |kundenreferenz end to end|ende zu ende referenz|end to end referenz|ende zu ende id
        |reference de bout en bout|reference bout en bout|referencia de extremo a extremo
        |end to end referentie|identificatie end to end|referencja end to end|endtoend id""",
    Role.MANDATE: """
        mandate|mandate id|mandate reference|mandateid|mandate identification|mandatsreferenz
        |mandatsreferenz id|mandat|mandat id|reference du mandat|rum|reference unique de mandat
        |referencia del mandato|referencia mandato|mandaat|mandaat id|kenmerk machtiging
        |machtigingskenmerk|mandaatkenmerk|riferimento mandato|id mandato|identyfikator mandatu""",
    Role.CHECK: """
        check number|cheque number|check or slip|check|cheque no|check no|chq ref no|chq no
        |cheque|check num|cheque num|chq ref number|chq|check serial|schecknummer
        |scheck nr|n de cheque|numero de cheque|numero cheque|no cheque|numero de talon|chequenummer
        |numero assegno|numer czeku|num cheque""",
    Role.REMITTANCE: """
        kid|kid nummer|ocr|ocr nummer|viite|viitenumero|betalingskenmerk|gestructureerde mededeling
        |structured reference|structured communication|communication structuree|qr referenz
        |creditor reference|esr referenz|esr referenznummer|variabilni symbol|variable symbol
        |variabilny symbol|strukturierte referenz""",
    Role.BANK_REFERENCE: """
        id|transaction id|transaction number|transactionid|transferwise id|fitid|bank reference
        |unique id|entry reference|transaction reference|operation number|transaction no|txn id
        |account servicer reference|acctsvcrref|journal number|sequence number|operation id
        |transaktions id|transaktionsnummer|bankreferenz|buchungsreferenz|umsatz id
        |identifiant|numero operation|numero d operation|id transaction|identificador
        |id transaccion|id de transaccion|numero de operacion|volgnr|volgnummer|transactiereferentie
        |transactie id|identificativo|id transazione|id operazione|id transacao|identificador
        |arkivreferanse|arkivref|transaksjonsid|arkistointitunnus|id transakcji|numer transakcji
        |numer operacji""",
    Role.KIND: """
        transaction type|type|trans type|transaction code|code|details|umsatztyp|umsatzart
        |buchungstext|buchungsart|vorgang|transaktionsart|vorgangsart|art|type operation
        |type d operation|tipo|tipo de movimiento|tipo movimiento
        |tipo operazione|tipo de operacao|mutatiesoort|soort|transactiesoort|betalingstype
        |transaksjonstype|transaktionstyp|typ transakcji|rodzaj transakcji|typ operacji|typ
        |rodzaj operacji|rodzaj|tapahtumalaji
        |\u4ea4\u6613\u7c7b\u578b|\u4e1a\u52a1\u7c7b\u578b|\u4ea4\u6613\u985e\u578b
        |\u53d6\u5f15\u533a\u5206|\u53d6\u5f15\u7a2e\u5225|\uac70\ub798\uad6c\ubd84
        |\uac70\ub798\uc885\ub958|typ transakce|typ operace|typ pohybu|posteringstype""",
    Role.ORIGINAL_AMOUNT: """
        original amount|orig amount|foreign amount|amount in original currency|local amount
        |amount currency
        |transaction amount original|original currency amount|foreign currency amount
        |amount foreign currency|amount original|ursprungsbetrag|originalbetrag|fremdbetrag
        |betrag in fremdwahrung|fremdwahrungsbetrag|betrag fremdwahrung|montant d origine
        |montant original|montant en devise|montant devise|importe original|importe en divisa
        |importe divisa|oorspronkelijk bedrag|bedrag vreemde valuta|importo originale
        |importo in valuta|valor original|montante original|belop i valuta|originalbelop
        |opprinnelig belop|kwota oryginalna|kwota w walucie oryginalnej|kwota w walucie
        |valutabelopp|originalbelopp|payment amount original|castka v originalni mene""",
    Role.ORIGINAL_CURRENCY: """
        original currency|orig currency|foreign currency|foreign currency code|local currency
        |currency original|original ccy|ursprungswahrung|originalwahrung|fremdwahrung
        |wahrung original|devise d origine|devise originale|divisa original|moneda original
        |oorspronkelijke munt|oorspronkelijke valuta|vreemde valuta|valuta originale|moeda original
        |moeda de origem|opprinnelig valuta|original valuta|waluta oryginalna|originalvaluta
        |originalni mena""",
    Role.RATE: """
        exchange rate|fx rate|conversion rate|rate|exchangerate|currency rate|wechselkurs|kurs
        |umrechnungskurs|devisenkurs|taux de change|cours|taux|tipo de cambio|cambio|wisselkoers
        |koers|tasso di cambio|tasso cambio|taxa de cambio|valutakurs|vaxelkurs|kurs waluty
        |kurs wymiany|smenny kurs""",
}


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """Return words in small plain letters, one space apart.

    Examples:
        >>> fold("Beg\u00fcnstigter/Zahlungspflichtiger"), fold("Wp\u0142ata (PLN)")
        ('begunstigter zahlungspflichtiger', 'wplata pln')
    """
    text = text.casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(_NOT_WORD.sub(" ", kept).split())


_LETTERS = str.maketrans({"\u0142": "l", "\u00f8": "o", "\u00e6": "ae", "\u0111": "d"})
_NOT_WORD = re.compile(r"[\W_]+")
_ROLES: dict[str, tuple[Role, ...]] = {}
for _role, _listed in _WORDS.items():
    for _word in " ".join(_listed.split()).split("|"):
        # Kana and Hangul come apart when folded, as they do in a file.
        _known = _word.strip() if _word.isascii() else fold(_word)
        if _role not in _ROLES.get(_known, ()):
            _ROLES[_known] = (*_ROLES.get(_known, ()), _role)

_SYMBOL_CODES = {"\u20ac": "EUR", "\u00a3": "GBP", "z\u0142": "PLN"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{1,30}?)\s*[)\]]")

# A header with one of these words is about another currency, or not what it seems.
_FOREIGN = frozenset(
    """
    foreign original orig fremd fremdwahrung fremdwaehrung ursprung ursprungsbetrag
    origine extranjera oorspr oorspronkelijk originale oryginalna oryginalnej local
    available verfugbar disponible disponibile disponivel beschikbaar dostepne exchange
    rate kurs remaining tax vat category
    """.split()  # noqa: SIM905 - words read better as words
)
_AMOUNT_WORDS = frozenset(
    """
    amount betrag montant importe bedrag importo belop belob kwota umsatz
    """.split()  # noqa: SIM905 - words read better as words
)
_AMOUNT_NEUTRAL = frozenset(
    """
    transaction in account currency de la operacion operation movement of the i nok w
    rachunku kontowahrung netto net booking signed en euro euros
    """.split()  # noqa: SIM905 - words read better as words
)
_DATE_WORDS = frozenset(["date", "datum", "fecha", "data", "dato"])
_BALANCE_WORDS = frozenset(["balance", "saldo", "solde", "kontostand"])
_DATE_NEUTRAL = frozenset(
    """
    utc local gmt yyyy mm dd dd mm yyyy time and iso yyyymmdd format
    """.split()  # noqa: SIM905 - words read better as words
)


def currency_in_header(text: str) -> str | None:
    """Return the currency a column header names, as in ``Amount (EUR)`` or ``Betrag in \u20ac``.

    Examples:
        >>> currency_in_header("Amount (EUR)"), currency_in_header("All dates")
        ('EUR', None)
    """
    for sign, code in _SYMBOL_CODES.items():
        if sign in text:
            return code
    bracketed = _IN_BRACKETS.search(text)
    if bracketed:
        return _code(bracketed[1])
    words = text.replace(".", " ").replace("_", " ").split()
    return _code(words[-1]) if len(words) > 1 and words[-1].isupper() else None


def _code(text: str) -> str | None:
    return text.upper() if is_currency(text.upper()) else None


def currency_in_cell(text: str) -> str | None:
    """Return the ISO 4217 code that a cell of a currency column holds, or ``None``."""
    stripped = text.strip()
    return _SYMBOL_CODES.get(stripped) or _code(stripped)


@lru_cache(maxsize=4_096)
def roles_of(header: str) -> tuple[Role, ...]:
    """Return every role a header can have, the likeliest first; empty where it is unknown.

    Examples:
        >>> roles_of("Betrag (EUR)"), roles_of("Available amount")
        ((<Role.AMOUNT: 'amount'>,), ())
    """
    if len(header) > HEADER_CHARS_MAX:
        return ()
    folded = fold(header)
    exact = _ROLES.get(folded) or _ROLES.get(fold(_CAMEL.sub(" ", header)))
    if exact:
        return exact
    numbered = _ROLES.get(folded.rstrip("0123456789 "), ())
    if Role.DESCRIPTION in numbered:
        return (Role.DESCRIPTION,)
    words = folded.split()
    if not words or not _FOREIGN.isdisjoint(words):
        return ()
    currency = currency_in_header(header)
    if currency:
        words = [word for word in words if word not in {currency.lower(), "in", "en", "i"}]
    shorter = _ROLES.get(" ".join(words)) or _ROLES.get(fold(_IN_BRACKETS.sub(" ", header)))
    return shorter or _by_words(frozenset(words))


HEADER_CHARS_MAX = 100
"""Longer cells are sentences, not column headers."""


def _by_words(words: frozenset[str]) -> tuple[Role, ...]:
    for role, own, neutral in (
        (Role.AMOUNT, _AMOUNT_WORDS, _AMOUNT_NEUTRAL),
        (Role.DATE, _DATE_WORDS, _DATE_NEUTRAL),
        (Role.BALANCE, _BALANCE_WORDS, _AMOUNT_NEUTRAL),
    ):
        if words & own and not words - own - neutral:
            return (role,)
    return ()


_SIDE_WORDS = {
    Side.DEBIT: """
        d dr db dbit debit debet debito debe s soll lastschrift belastung af dare uscita uscite
        cargo ut ud obciazenie obciazenia wn out outgoing money_out paid_out minus withdrawal uit
        addebito saida sortie \u501f \u501f\u65b9 \u652f\u51fa \u652f \u51fa\u91d1 \ucd9c\uae08
        debet_konta vydaj""",
    Side.CREDIT: """
        c cr crdt credit credito haben h gutschrift bij avere entrata entrate abono haber inn ind
        uznanie uznania ma in incoming money_in paid_in plus deposit k kredyt kredit a accredito
        entrada entree \u8d37 \u8cb8 \u8d37\u65b9 \u8cb8\u65b9 \u6536\u5165 \u6536
        \u5b58\u5165 \u5165\u91d1
        \uc785\uae08 prijem""",
}
_SIDES = {
    word if word.isascii() else fold(word): side
    for side, words in _SIDE_WORDS.items()
    for word in words.split()
}


def side_of(text: str) -> Side | None:
    """Return the side a cell of a debit/credit column names, or ``None``.

    Examples:
        >>> side_of("Af"), side_of("CRDT"), side_of("Card payment")
        (<Side.DEBIT: -1>, <Side.CREDIT: 1>, None)
    """
    stripped = text.strip()
    if stripped in {"+", "-", "\u2212"}:
        return Side.CREDIT if stripped == "+" else Side.DEBIT
    return _SIDES.get(fold(stripped).replace(" ", "_"))


_PENDING = frozenset(
    """
    pending vorgemerkt umsatz_vorgemerkt en_attente a_venir pendiente pendientes
    retenido in_behandeling gereserveerd in_attesa non_contabilizzato pendente reservert
    reserverad reserveret oczekujaca oczekujace w_realizacji blokada authorised
    authorized authorisation authorization hold on_hold processing in_progress
    not_posted unposted scheduled ausstehend in_bearbeitung geplant en_cours non_comptabilise
    en_proceso por_contabilizar in_afwachting nog_niet_verwerkt in_lavorazione em_processamento
    venter paventer afventer nierozliczone nierozliczona niezaksiegowane niezaksiegowana
    unsettled uncleared outstanding not_booked not_settled
    """.split()  # noqa: SIM905 - words read better as words
)
_VOID = frozenset(
    """
    reverted failed declined cancelled canceled rejected expired abgelehnt storniert
    annule refuse rechazado cancelado anulado geweigerd rifiutato annullato recusado
    avvist odrzucona odrzucone anulowana denied voided void
    """.split()  # noqa: SIM905 - words read better as words
)


_PENDING_BEGIN = re.compile(
    r"(?:pending|awaiting|unsettled|vorgemerkt|noch nicht gebucht|nicht gebucht|ausstehend"
    r"|en attente|pendiente|in behandeling|gereserveerd|in attesa|pendente|oczekuj\w+)\b"
)
_PENDING_SECTION = re.compile(
    r"\b(?:pending|not yet (?:booked|posted)|unposted|vorgemerkt\w*|ausstehend\w*|nicht gebucht\w*"
    r"|en attente|a venir|non comptabilise\w*|pendientes?|retenid\w+|in behandeling"
    r"|gereserveerd\w*|in attesa|non contabilizzat\w+|pendentes?|reserver\w+|oczekujac\w+"
    r"|niezaksiegowan\w+)\b"
)


def is_pending(text: str) -> bool:
    """Return whether a status or date cell says that the bank has not booked the row.

    Examples:
        >>> is_pending("Vorgemerkt"), is_pending("PENDING - 14 Mar"), is_pending("Posted")
        (True, True, False)
    """
    folded = fold(text[:200])
    return folded.replace(" ", "_") in _PENDING or _PENDING_BEGIN.match(folded) is not None


def names_pending_section(text: str) -> bool:
    """Return whether a heading between rows says that what follows is not booked.

    Examples:
        >>> names_pending_section("Pending transactions"), names_pending_section("Savings")
        (True, False)
    """
    return _PENDING_SECTION.search(fold(text[:200])) is not None


def is_void(text: str) -> bool:
    """Return whether a status cell says that the movement never took place."""
    return fold(text).replace(" ", "_") in _VOID


def may_be_cut_status(text: str) -> bool:
    """Return whether a status is the beginning of one that says the row is not booked.

    Examples:
        >>> may_be_cut_status("Pend"), may_be_cut_status("Pending"), may_be_cut_status("Booked")
        (True, False, False)
    """
    folded = fold(text).replace(" ", "_")
    words = _PENDING | _VOID
    return folded not in words and any(word.startswith(folded) for word in words)


_OPENING = re.compile(
    r"\b(?:opening|beginning|starting|start|initial|previous|prior|old|brought forward|b f|b fwd"
    r"|start of (?:the )?period|anfangs\w*|vortrag\w*|saldovortrag|ubertrag|alter (?:konto)?sald\w*"
    r"|alter kontostand"
    r"|initial|precedent|ancien|debut|inicial|anterior|apertura|begin\w*|vorig|iniziale|precedente"
    r"|iniziali|inngaende|ingaende|primo|poczatkow\w*|otwarcia|poprzednie)\b"
)
_CLOSING = re.compile(
    r"\b(?:closing|ending|end|final|new|carried forward|c f|c fwd|end of (?:the )?period"
    r"|end\w*saldo|endsald\w*|abschluss\w*|schluss\w*|neuer (?:konto)?sald\w*|neuer kontostand"
    r"|nouveau|fin|cierre|eind\w*|nieuw|finale|finali|utgaende|ultimo|koncow\w*|zamkniecia)\b"
)
_BALANCE_NAME = re.compile(
    r"\b(?:balance|bal|\w*sald[oi]|\w*kontostand|solde|brought forward|carried forward"
    r"|saldovortrag|vortrag\w*|ubertrag)\b"
)
_TOTAL = re.compile(
    r"(?:grand )?(?:totals?|sums?|summen?|gesamt\w*|totaux|totales|totaal|totale|totali|suma|razem"
    r"|sumy|ogolem|subtotal|sub total|totais|summa|celkem|i alt"
    r"|\u5408\u8ba1|\u5408\u8a08|\u603b\u8ba1|\u5c0f\u8ba1|\u7e3d\u8a08)"
    r"(?: (?:debits?|credits?|amount|in|out|paid|soll|haben|debet|transactions|payments|receipts"
    r"|umsatze|de|des|operations|movimientos|cargos|abonos|[a-z]{3}|of|bij|af|dare|avere)){0,3}"
)
_ANY_BALANCE = re.compile(
    r"(?:(?:current|account|ledger|available|aktueller|letzter|ihr|su|votre) )?"
    r"(?:balance|bal|saldo|solde|kontostand|kontosaldo)"
    r"(?: (?:as of|as at|on|at|am|vom|zum|au|al|a|per|op|na|en) .*| [a-z]{3}| \d.*)?"
)


def balance_named(text: str) -> str | None:
    """Return ``opening`` or ``closing`` where a label clearly names that balance.

    Examples:
        >>> balance_named("Balance at start of period"), balance_named("Endsaldo")
        ('opening', 'closing')
        >>> balance_named("Saldo") is None
        True
    """
    folded = fold(text[:200])
    if not _BALANCE_NAME.search(folded):
        return None
    opening, closing = _OPENING.search(folded), _CLOSING.search(folded)
    if bool(opening) == bool(closing):
        return None
    return "opening" if opening else "closing"


def names_a_sum(text: str) -> bool:
    """Return whether a cell labels a row as a balance or total instead of a movement.

    Examples:
        >>> names_a_sum("Total debits"), names_a_sum("Kontostand am 31.01.2024")
        (True, True)
        >>> names_a_sum("TOTAL Station 24"), names_a_sum("Balance transfer fee")
        (False, False)
    """
    folded = fold(text[:200])
    return bool(balance_named(text) or _TOTAL.fullmatch(folded) or _ANY_BALANCE.fullmatch(folded))


def names_a_total(text: str) -> bool:
    """Return whether a cell labels a row as the total of the movements.

    Examples:
        >>> names_a_total("Total debits"), names_a_total("Closing balance")
        (True, False)
    """
    return _TOTAL.fullmatch(fold(text[:200])) is not None


_ACCOUNT_LABEL = re.compile(
    r"^(?:iban|account|account (?:number|no|nr|id|iban)|kontonummer|konto|konto nr|kontonr"
    r"|numero de compte|compte|compte (?:no|n|numero)|n de compte|n compte|cuenta"
    r"|numero de cuenta|n de cuenta|rekening|rekeningnummer|conto|numero conto|conto corrente"
    r"|numero di conto|conta|numero da conta|conta corrente|rachunek|numer rachunku|nr rachunku"
    r"|girokonto|kontokorrent|cislo uctu|account no|\u8d26\u53f7|\u5e33\u865f|\u5361\u53f7"
    r"|\u53e3\u5ea7\u756a\u53f7|\uacc4\uc88c\ubc88\ud638)$"
)
_CURRENCY_LABEL = re.compile(
    r"^(?:account )?(?:currency|ccy|wahrung|waehrung|kontowahrung|devise|moneda|divisa|valuta|munt"
    r"|moeda|waluta|mena|\u5e01\u79cd|\u5e63\u5225|\u901a\u8ca8|\ud1b5\ud654)$"
)
_PERIOD_LABEL = re.compile(
    r"\b(?:period|statement period|date range|zeitraum|periode|periodo|okres|from|von|du|desde|dal"
    r"|van|od|fra|between|entre)\b"
)
_BANK_LABEL = re.compile(
    r"^(?:bank code|bankcode|blz|bankleitzahl|bic|swift|sort code|routing "
    r"number|code banque|abi|bank id)$"
)


def _composed(folded: str) -> str:
    """Return folded text with its Hangul and kana put together again, as patterns have them."""
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def label_of(text: str) -> str | None:
    """Return what a preamble label introduces: account, currency, bank or period."""
    folded = _composed(fold(text[:200]))
    for name, pattern in (
        ("account", _ACCOUNT_LABEL),
        ("currency", _CURRENCY_LABEL),
        ("bank", _BANK_LABEL),
    ):
        if pattern.search(folded):
            return name
    return "period" if _PERIOD_LABEL.search(folded) else None
